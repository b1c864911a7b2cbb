"""Server-sent events for the pages."""
