"""What customers and the shop say to one another, and what is told to whom."""
