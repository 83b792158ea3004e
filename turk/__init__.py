"""People and answers: studies that ask whether a colorization passes for the photo. Knows evalsuite, not webapp."""
