"""One pull per camera; access units to the bus while somebody watches."""
