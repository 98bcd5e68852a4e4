"""Calendars, open hours, and when machines may work."""
