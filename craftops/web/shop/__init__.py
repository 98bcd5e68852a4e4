"""The first run, settings, the shop's face."""
