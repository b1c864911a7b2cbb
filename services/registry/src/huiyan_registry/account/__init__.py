"""People and machines, their roles, and how staff and machines log in."""
