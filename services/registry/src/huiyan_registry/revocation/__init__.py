"""Revocations: what ends a picture within 10 s."""
