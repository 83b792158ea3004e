"""Ways to ask people, one file each, ending in PROTOCOL."""
