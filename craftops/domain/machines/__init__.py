"""What machines say, what they are, how they prove who they are."""
