"""Viewing grants."""
