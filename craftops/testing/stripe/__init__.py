"""A faithful local Stripe: Checkout with its pay page, payments, refunds, disputes, signed webhooks, and their troubles.

For tests, for the demonstration shop and for authors of plugins; it moves no money and calls nobody but the webhook endpoints that
it is given.
"""

from craftops.testing.stripe.server import LIVE_KEY, SECRET, TEST_KEY, LocalStripe

__all__ = ["LIVE_KEY", "SECRET", "TEST_KEY", "LocalStripe"]
