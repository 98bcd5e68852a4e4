"""Costs on pages."""
