"""Putting a camera into service: discovery, probe, live check with a test picture."""
