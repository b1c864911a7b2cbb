"""Facts from pictures (a thin room so far)."""
