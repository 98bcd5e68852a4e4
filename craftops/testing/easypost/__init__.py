"""A faithful local EasyPost: shipments with rates, labels, refunds, trackers, pickups, signed webhooks, and their troubles.

For tests, for the demonstration shop and for authors of plugins; it buys nothing and calls nobody but the webhooks that it is given.
"""

from craftops.testing.easypost.server import LIVE_KEY, SECRET, TEST_KEY, LocalEasyPost

__all__ = ["LIVE_KEY", "SECRET", "TEST_KEY", "LocalEasyPost"]
