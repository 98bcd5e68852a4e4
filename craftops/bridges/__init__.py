"""Where CraftOps meets machines: the broker, the one link to it, and the loop that takes readings in."""
