"""CraftOps: the server a fabrication shop runs so that nobody has to ask "is it done yet?"."""

__version__ = "0.1.0"
