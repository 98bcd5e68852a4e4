"""Estimates and their accuracy on pages."""
