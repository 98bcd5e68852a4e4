"""Two versions of a line in money: for whoever sees the comparison, when the shop has rates, and never a guess."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask_babel import force_locale

from craftops.domain.billing.money import Money
from craftops.domain.files.designs import Analysis, MeshFacts, Verdict
from craftops.domain.shop.profile import ShopProfile
from craftops.processes.doctor import examine
from craftops.store.database import utcnow
from craftops.store.models import OrderRow
from craftops.testing import Workshop
from craftops.testing.workshop import MEASURED, cube_stl
from craftops.web.billing.present import money

RATES = '[rates]\nmachine_hour = { fdm = "6" }\nkilogram = { pla = 100 }\n'
ROW = re.compile(r'scope="row">Machine time and material</th><td class="num">(.*?)</td><td class="num">([^ <]*)')
MakeWorkshop = Callable[..., Workshop]


def mesh(volume_mm3: float | None, high: float = 20.0) -> Analysis:
    return replace(MEASURED, mesh=MeshFacts(12, 1, (20.0, 20.0, high), 2400.0, volume_mm3, volume_mm3 is not None))


def opened(make: MakeWorkshop, toml: str, profile: ShopProfile | None = None) -> Workshop:
    workshop = make(toml)
    workshop.open(profile or ShopProfile(name="Werk"))
    return workshop


def two_versions(
    workshop: Workshop, before: Analysis, after: Analysis, *, name: str = "v2.stl", **more: object
) -> OrderRow:
    """An order of Ada's whose line has two versions, measured so."""
    workshop.analysis = before
    order = workshop.place("ada", **more)  # type: ignore[arg-type]
    workshop.analysis = after
    address = f"/orders/{order.code}/lines/{order.lines.get().id}/revisions"
    data = {"file": (io.BytesIO(cube_stl(21.0)), name)}
    page = f"/orders/{order.code}"
    answer = workshop.browser("ada").send(address, data, on=page, content_type="multipart/form-data")
    assert answer.status_code == 303
    workshop.run_due()
    return order


def comparison(workshop: Workshop, order: OrderRow, who: str = "ada") -> str:
    room = "" if who == "ada" else "/staff"
    return workshop.browser(who).see(f"{room}/orders/{order.code}/lines/{order.lines.get().id}/compare")


@pytest.mark.parametrize("who", ["ada", "sam"])
def test_customer_and_staff_read_the_price_of_a_change(make_workshop: MakeWorkshop, who: str) -> None:
    workshop = opened(make_workshop, RATES)
    page = comparison(workshop, two_versions(workshop, mesh(40_000.0), mesh(80_000.0), quantity=3), who)
    # 20 minutes to start, an hour for 40 cm³; 49.6 g and 99.2 g of PLA; three copies
    assert ROW.search(page).groups() == ("€38.88", "€71.76")
    assert "€32.88 more for machine time and material." in page
    assert "without hand work. This is not an offer." in page
    assert "reckoned as solid. For all 3 copies." in page
    assert "cannot be said" not in page.lower()


@pytest.mark.parametrize(
    ("before", "sentence"), [(80_000.0, "€10.96 less for machine"), (40_000.0, "The same for machine")]
)
def test_a_smaller_part_costs_less_and_an_equal_one_the_same(
    make_workshop: MakeWorkshop, before: float, sentence: str
) -> None:
    workshop = opened(make_workshop, RATES)
    page = comparison(workshop, two_versions(workshop, mesh(before), mesh(40_000.0)))
    assert f"{sentence} time and material." in page
    assert "For all" not in page


@pytest.mark.parametrize("toml", ["", '[rates]\nmachine_hour = { cnc = "50" }\nkilogram = { aluminium = "9" }\n'])
@pytest.mark.parametrize("who", ["ada", "sam"])
def test_without_rates_for_it_nobody_reads_of_prices(make_workshop: MakeWorkshop, toml: str, who: str) -> None:
    workshop = opened(make_workshop, toml)
    page = comparison(workshop, two_versions(workshop, mesh(40_000.0), mesh(80_000.0)), who)
    assert "more machine time" in page.lower()
    for word in ("Machine time and material", "rates", "offer", "€", "cannot be said", "price"):
        assert word not in page, word


def test_an_open_surface_has_no_price_and_says_so(make_workshop: MakeWorkshop) -> None:
    workshop = opened(make_workshop, RATES)
    page = comparison(workshop, two_versions(workshop, mesh(40_000.0), mesh(None)))
    assert ROW.search(page).groups() == ("€12.96", "–")
    assert "more for" not in page
    assert "less for" not in page
    assert "The price of version 2 cannot be said: its file has no volume that can be measured." in page


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [(Verdict.BY_HAND, "because its file is not measured"), (Verdict.REFUSED, "its file cannot be made")],
)
def test_a_file_that_tells_nothing_has_no_price(make_workshop: MakeWorkshop, verdict: Verdict, reason: str) -> None:
    workshop = opened(make_workshop, RATES)
    page = comparison(workshop, two_versions(workshop, mesh(40_000.0), replace(MEASURED, verdict=verdict, mesh=None)))
    assert ROW.search(page)[2] == "–"
    assert reason in page


def test_a_missing_rate_is_said_once(make_workshop: MakeWorkshop) -> None:
    workshop = opened(make_workshop, '[rates]\nmachine_hour = { fdm = "6" }\n')
    page = comparison(workshop, two_versions(workshop, mesh(40_000.0), mesh(80_000.0)))
    assert ROW.search(page).groups() == ("–", "–")
    assert page.count("The price cannot be said: the shop has no rate for this material.") == 1


def test_rates_in_another_currency_than_the_shop_s_are_not_read_as_its_own(make_workshop: MakeWorkshop) -> None:
    workshop = opened(make_workshop, RATES, ShopProfile(name="Werk", currency="CHF"))
    page = comparison(workshop, two_versions(workshop, mesh(40_000.0), mesh(80_000.0)))
    assert "the shop&#39;s rates are in another currency than its own" in page
    assert "12.96" not in page
    [finding] = [one for one in examine(workshop.shop, at=utcnow()) if "rates" in one]
    assert 'currency = "CHF" under [shop]' in finding


def test_a_yen_has_no_decimals(make_workshop: MakeWorkshop) -> None:
    toml = '[shop]\ncurrency = "JPY"\n[rates]\nmachine_hour = { fdm = 600 }\nkilogram = { pla = 10000 }\n'
    workshop = opened(make_workshop, toml, ShopProfile(name="Werk", currency="JPY"))
    page = comparison(workshop, two_versions(workshop, mesh(40_000.0), mesh(80_000.0)))
    assert ROW.search(page).groups() == ("¥1,296", "¥2,392")
    assert not [one for one in examine(workshop.shop, at=utcnow()) if "rates" in one]


def test_a_sheet_is_paid_by_the_rectangle_around_the_part(make_workshop: MakeWorkshop) -> None:
    toml = '[rates]\nmachine_hour = { laser = "60" }\nsquare_metre = { plywood = "1000" }\n'
    workshop = opened(make_workshop, toml)
    order = two_versions(workshop, mesh(None, 4.0), mesh(1600.0, 4.0), material="plywood", colour="Natural")
    page = comparison(workshop, order)
    # 212 seconds; 20 × 20 mm
    assert ROW.search(page).groups() == ("€3.93", "€3.93")
    assert "the rectangle around the part counts" in page


@pytest.mark.parametrize(
    ("amount", "language", "text"),
    [
        (Money(450, "EUR"), "en", "€4.50"),
        (Money(123450, "EUR"), "de", "1.234,50\xa0€"),
        (Money(450, "JPY"), "de", "450\xa0¥"),
        (Money(4505, "KWD"), "en", "KWD\xa04.505"),
        (Money(123450, "ISK"), "en", "ISK\xa0123,450"),
        (Money(4505, "IQD"), "de", "4,505\xa0IQD"),
    ],
)
def test_money_is_written_as_its_reader_does_and_with_all_its_decimals(
    workshop: Workshop, amount: Money, language: str, text: str
) -> None:
    with workshop.app.test_request_context(), force_locale(language):
        assert money(amount) == text
