"""What customers send: formats, verdicts, fixes, versions."""
