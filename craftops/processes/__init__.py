"""The processes of a shop: web, worker, bridge, broker, and the one that keeps them alive."""
