"""Orders on pages and in the API."""
