"""Parcels on pages."""
