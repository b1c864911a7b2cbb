"""WHEP, walls and fan-out: from the bus to phones and monitor rooms."""
