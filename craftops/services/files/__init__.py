"""Files come in, are measured, mended, revised."""
