"""Machines: registered, linked, heard, told, looked at."""
