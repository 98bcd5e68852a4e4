"""Rows and domain values to the contexts that templates get."""
