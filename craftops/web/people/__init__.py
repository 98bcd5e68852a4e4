"""Signing in; customers on pages."""
