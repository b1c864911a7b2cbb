"""Monitor rooms: where they stand, which areas they watch, and how rights follow them."""
