"""What every provider keeps to, in francs."""

import pytest
from counter_twint import Twint, TwintSettings

from craftops.domain.billing.money import Money
from craftops.testing import CounterProviderContract


class TestTwint(CounterProviderContract):
    plain_sum = Money(12_345, "CHF")
    odd_currency = "EUR"

    def provider(self, address=""):
        return Twint(TwintSettings("Fabrik Nord"))


@pytest.mark.parametrize("amount", [Money(500_001, "CHF"), Money(100, "EUR")])
def test_what_it_does_not_take_it_says(amount):
    assert TestTwint().provider().why_not(amount).endswith(".")


def test_without_an_agreement_nobody_is_offered_it():
    assert Twint(TwintSettings()).ready is False
