"""Money without a site of its own: the account that payers transfer to, and what is booked at the counter."""

from __future__ import annotations

import pytest
from craftops_plugins.payment_manual import Counter, CounterSettings
from craftops_plugins.payment_transfer.account import BankTransfer, TransferSettings, faults

from craftops.errors import ConfigError
from craftops.plugin_host.starting import start_plugins

GOOD = "DE89370400440532013000"


@pytest.mark.parametrize(
    "iban",
    [
        "DE89 3704 0044 0532 0130 00",
        "de89370400440532013000",
        "AT611904300234573201",
        "NL91ABNA0417164300",
        "GB82WEST12345698765432",
    ],
)
def test_an_iban_is_taken_as_people_write_it(iban: str) -> None:
    settings = TransferSettings(holder=" Testwerk GmbH ", iban=iban, bic="cobadeff", bank="Bank")
    assert faults(settings) == []
    details = BankTransfer(settings).details
    assert (details.holder, details.iban, details.bic) == ("Testwerk GmbH", iban.replace(" ", "").upper(), "COBADEFF")


@pytest.mark.parametrize("position", range(len(GOOD)))
def test_one_wrong_character_is_seen(position: int) -> None:
    wrong = GOOD[:position] + ("9" if GOOD[position] != "9" else "8") + GOOD[position + 1 :]
    assert [one.partition(":")[0] for one in faults(TransferSettings(holder="T", iban=wrong))] == ["iban"]


@pytest.mark.parametrize(
    ("told", "keys"),
    [
        ({"iban": GOOD[:-1]}, ["iban", "holder"]), ({"iban": GOOD}, ["holder"]), ({"bic": "COBA"}, ["bic"]),
        ({"holder": "x" * 71}, ["holder"]), ({"iban": "ZZ00" + "1" * 400, "holder": "T"}, ["iban"]), ({"iban": "💶", "holder": "T"}, ["iban"]),
    ],
)  # fmt: skip
def test_every_fault_of_an_account_is_told_at_once(told: dict[str, str], keys: list[str]) -> None:
    assert [one.partition(":")[0] for one in faults(TransferSettings(**told))] == keys
    with pytest.raises(ConfigError) as caught:
        start_plugins(["payment_transfer"], {"payment_transfer": told})
    assert len(caught.value.faults) == len(keys)


def test_an_account_that_nobody_wrote_down_is_offered_to_nobody() -> None:
    [made] = start_plugins(["payment_transfer"], {}).payment_providers.values()
    assert not made.ready


@pytest.mark.parametrize(
    ("country", "land"), [("DE", "Germany"), ("AT", "Austria"), ("FR", "France"), ("de", "Germany")]
)
def test_cash_is_off_where_it_makes_software_a_till(country: str, land: str) -> None:
    counter = Counter(CounterSettings())
    assert set(counter.kinds(country)) == {"terminal", "till"}
    note = counter.cash_note(country)
    assert land in note
    assert note.count(".") == 1
    assert "cash" in Counter(CounterSettings(allow_cash=True)).kinds(country)


def test_cash_is_booked_elsewhere() -> None:
    counter = Counter(CounterSettings())
    assert set(counter.kinds("CH")) == {"terminal", "till", "cash"}
    assert counter.cash_note("CH") == ""
