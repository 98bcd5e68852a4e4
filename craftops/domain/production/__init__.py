"""Jobs, copies, hand operations."""
