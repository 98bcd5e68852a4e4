"""Jobs and hand work on pages."""
