"""What is observed of cameras, as ingest tells it."""
