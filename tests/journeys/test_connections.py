"""Payment providers and carriers are set in the browser, from the schema of their plugins, and tried by a button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import pytest

from craftops.domain.shop.profile import ShopProfile
from craftops.errors import IntakeError
from craftops.sdk.settings import setting
from craftops.store.models import SettingsRow
from craftops.store.queries import settings as queries
from craftops.testing import Workshop
from craftops.testing.pytest_plugin import ENABLED
from craftops.testing.stripe import LocalStripe
from craftops.web.frame.schema_form import form_fields, form_values

LIST = "/staff/settings/connections"
ONE = f"{LIST}/plugin?name="


@pytest.fixture
def werk(make_workshop: Callable[..., Workshop]) -> Workshop:
    more = ("payment_stripe", "payment_transfer", "carrier_flat_rate", "carrier_easypost")
    enabled = ", ".join(f'"{name}"' for name in (*ENABLED, *more))
    found = make_workshop(f'[plugins]\nenabled = [{enabled}]\n[plugin.payment_transfer]\nholder = "Werk GmbH"\n')
    found.open(ShopProfile(name="Werk"))
    return found


def test_a_way_to_be_paid_is_set_up_without_a_file(werk: Workshop) -> None:
    olga = werk.browser("olga")
    page = olga.see(f"{ONE}payment_transfer")
    assert 'value="Werk GmbH"' in page
    assert "Once you change it here" in page
    wrong = olga.send(
        f"{ONE}payment_transfer", {"s-holder": "Werk GmbH", "s-iban": "DE00 1234"}, on=f"{ONE}payment_transfer"
    )
    assert wrong.status_code == 422
    assert queries.newest_version() == 0
    good = {"s-holder": "Werk GmbH", "s-iban": "DE89 3704 0044 0532 0130 00"}
    assert olga.send(f"{ONE}payment_transfer", good, on=f"{ONE}payment_transfer").status_code == 303
    page = olga.see(f"{ONE}payment_transfer")
    assert "[plugin.payment_transfer] of shop.toml no longer counts" in page
    assert any(one.ready for one in werk.shop.plugins.payment_providers.values())
    back = {"topic": "plugin.payment_transfer", "version": "0", "back": LIST}
    olga.send("/staff/settings/back", back, on=f"{ONE}payment_transfer")
    assert "DE89" not in olga.see(f"{ONE}payment_transfer")
    assert not any(one.ready for one in werk.shop.plugins.payment_providers.values() if one.name != "stripe")


def test_a_key_is_sealed_never_shown_and_tried(werk: Workshop) -> None:
    olga = werk.browser("olga")
    with LocalStripe() as site:
        form = {"s-secret_key": site.key, "s-api_base": site.address}
        assert olga.send(f"{ONE}payment_stripe", form, on=f"{ONE}payment_stripe").status_code == 303
        page = olga.see(f"{ONE}payment_stripe")
        assert site.key not in page
        assert site.key not in str([(row.body, row.sealed) for row in SettingsRow.select()])
        olga.send(f"{LIST}/try", {"name": "payment_stripe"}, on=f"{ONE}payment_stripe")
        assert "We are asking." in olga.see(f"{ONE}payment_stripe")
        werk.run_due()
        assert "Stripe answers and takes the key." in olga.see(f"{ONE}payment_stripe")
        wrong = {"s-secret_key": "sk_test_" + "x" * 24, "s-api_base": site.address}
        olga.send(f"{ONE}payment_stripe", wrong, on=f"{ONE}payment_stripe")
        olga.send(f"{LIST}/try", {"name": "payment_stripe"}, on=f"{ONE}payment_stripe")
        werk.run_due()
        assert "does not accept the key" in olga.see(f"{ONE}payment_stripe")
        elsewhere = {"s-secret_key": "", "s-api_base": "https://api.stripe.example"}
        answer = olga.send(f"{ONE}payment_stripe", elsewhere, on=f"{ONE}payment_stripe")
        assert answer.status_code == 422
        assert "the place that it is sent to has changed" in answer.get_data(as_text=True)


def test_zones_are_written_as_they_are_exported(werk: Workshop) -> None:
    olga, page = werk.browser("olga"), f"{ONE}carrier_flat_rate"
    zones = (
        '[[entry]]\nname = "Germany"\ncountries = ["DE"]\n'
        '[[entry.services]]\nkey = "s"\ntitle = "Small"\nbands = [{ up_to_g = 2000, price = "5.49" }]\n'
    )
    assert olga.send(page, {"s-currency": "EUR", "s-zones": zones}, on=page).status_code == 303
    assert "up_to_g = 2000" in olga.see(page)
    assert werk.shop.plugins.carriers["flat_rate"].ready
    for broken, said in (
        ("[[entry", "This cannot be read"),
        ('name = "x"', "below a line [[entry]]"),
        (zones.replace('"DE"', '"Germany"'), "two capital letters"),
    ):
        answer = olga.send(page, {"s-currency": "EUR", "s-zones": broken}, on=page)
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True)
    assert werk.shop.plugins.carriers["flat_rate"].ready


def test_who_may_see_it(werk: Workshop) -> None:
    sam = werk.browser("sam")
    for path in (LIST, f"{ONE}payment_stripe"):
        assert sam.get(path).status_code == 403
    assert sam.send(f"{LIST}/try", {"name": "payment_stripe"}, on="/staff/").status_code == 403
    assert werk.browser("olga").get(f"{ONE}nothing").status_code == 404
    page = werk.browser("olga").see(LIST)
    assert "Ways to be paid" in page
    assert "not set up" in page


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


@dataclass(frozen=True)
class Every:
    word: str = setting("a", help="A word")
    count: int = setting(3, help="A number")
    ratio: float = setting(0.5, help="A share")
    on: bool = setting(True, help="A switch")
    way: Literal["up", "down"] = setting("up", help="One of two")
    kind: str = setting("x", help="One of three", choices=("x", "y", "z"))
    names: tuple[str, ...] = setting((), help="Some")
    size: Size = setting(Size.SMALL, help="A member of an enum")  # noqa: RUF009 - it does not change
    key: str = setting("", help="A secret", secret=True)


def test_each_kind_of_setting_has_a_field_and_comes_back() -> None:
    values = {
        "word": "b",
        "count": 5,
        "ratio": 1.5,
        "on": False,
        "way": "down",
        "kind": "z",
        "names": ("p", "q"),
        "size": "large",
    }
    made = {one.name: one for one in form_fields(Every, {**values, "key": "hush"}, {})}
    assert {name: one.kind for name, one in made.items()} == {
        "word": "text", "count": "text", "ratio": "text", "on": "select", "way": "select", "kind": "select",
        "names": "text", "size": "select", "key": "password",
    }  # fmt: skip
    assert made["key"].value == ""
    typed = {name: one.value for name, one in made.items()}
    assert form_values(Every, typed) == {**values, "names": ["p", "q"]}
    with pytest.raises(IntakeError) as caught:
        form_values(Every, {**typed, "count": "many", "ratio": "half"})
    assert set(caught.value.fields) == {"count", "ratio"}
