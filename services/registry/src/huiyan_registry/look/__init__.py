"""The access register and what households see of it."""
