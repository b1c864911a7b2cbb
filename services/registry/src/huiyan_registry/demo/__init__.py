"""The demo's invented county, people and households."""
