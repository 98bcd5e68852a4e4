"""Money, and what things cost."""
