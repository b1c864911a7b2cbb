"""Index, playback and evidence (a thin room so far)."""
