"""Break-glass: two people open a look that no consent covers, for at most an hour (P14)."""
