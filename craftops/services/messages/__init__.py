"""What is worth telling reaches whom it concerns."""
