"""Pages: the study site and the dashboards. Knows turk and evalsuite."""
