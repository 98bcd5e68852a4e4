"""Files on pages and in the API."""
