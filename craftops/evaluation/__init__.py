"""Offline proof of the estimate: recorded runs replayed, a made-up shop lived through. No use case."""
