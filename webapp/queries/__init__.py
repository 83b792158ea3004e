"""What pages ask of the database."""
