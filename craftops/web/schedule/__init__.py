"""The schedule's pages."""
