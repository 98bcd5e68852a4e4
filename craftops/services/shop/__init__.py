"""The shop's own things."""
