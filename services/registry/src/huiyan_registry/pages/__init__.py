"""The built pages and their security headers."""
