"""Amazon Mechanical Turk's Requester API of 2017-01-17 and its worker's site, emulated."""
