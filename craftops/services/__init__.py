"""Use cases, a verb each: load, decide (domain), save, record events."""
