"""Parcels on their way to customers."""
