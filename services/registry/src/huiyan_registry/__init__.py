"""Areas, cameras, people, consent, grants and the access register."""
