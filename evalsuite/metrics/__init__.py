"""One file per metric, each ending in one frozen METRIC."""
