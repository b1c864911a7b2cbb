"""Households: where they are, and how many cameras and members they have."""
