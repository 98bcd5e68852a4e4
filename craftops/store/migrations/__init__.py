"""Numbered migrations, run in order; each keeps a frozen copy of the tables as they were."""
