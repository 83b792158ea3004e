"""One file per method, each ending in one frozen COLORIZER."""
