"""What every page stands in: security, problems, request context, labels, themes, live streams. Knows no capability."""
