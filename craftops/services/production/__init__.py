"""Jobs, copies, hand work."""
