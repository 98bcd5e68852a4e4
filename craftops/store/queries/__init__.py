"""Questions to the store. Whatever an actor may see goes through ``scoped``."""
