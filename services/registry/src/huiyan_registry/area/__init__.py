"""Areas, households and rooms: county > town > village > group > household."""
