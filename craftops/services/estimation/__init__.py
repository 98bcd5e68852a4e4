"""Estimates of real orders, and learning from what ended."""
