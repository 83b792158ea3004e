"""The commands of `turk`, one file each, ending in `command`."""
