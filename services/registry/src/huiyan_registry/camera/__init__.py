"""Cameras: life cycle, addresses, the off switch, and their rows on the bus."""
