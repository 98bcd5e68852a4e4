"""The plan, and what a move would do."""
