"""Machines on pages and in the API."""
