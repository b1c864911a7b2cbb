"""Scenes that simulated cameras look at, drawn by own code, with the clock bar in every frame."""
