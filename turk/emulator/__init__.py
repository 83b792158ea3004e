"""Local servers that speak the APIs of crowdsourcing platforms, so that a study can be rehearsed without an account."""
