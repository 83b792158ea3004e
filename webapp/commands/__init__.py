"""The commands of `webapp`, one file each."""
