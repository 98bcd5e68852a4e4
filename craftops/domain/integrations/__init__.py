"""Other programs: what they are told, and how they know that it was us."""
