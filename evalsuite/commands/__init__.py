"""One file per command of `evalsuite`; the group in cli.py loads the one that is asked for."""
