"""The built pages, as a Python package."""
