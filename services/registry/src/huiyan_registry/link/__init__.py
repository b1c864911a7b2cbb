"""One-time links for families."""
