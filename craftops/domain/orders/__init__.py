"""What was bought, and the life of an order."""
