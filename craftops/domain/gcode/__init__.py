"""Reading machine code: the slicer's total, and where the time goes."""
