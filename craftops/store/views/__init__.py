"""Frozen values that queries answer with, each made for a use. Whoever reads them needs no row."""
