"""What becomes of a file between the landing zone and the archive."""
