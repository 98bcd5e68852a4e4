"""A material that is taken out of the catalogue leaves old orders as they were, on every page that shows them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from craftops.app import create_app
from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.domain.shop.profile import ShopProfile
from craftops.services.estimation import estimating
from craftops.services.schedule import capabilities
from craftops.store.database import utcnow
from craftops.store.models import OrderLineRow, OrderRow
from craftops.testing import Workshop

PETG = """
[[materials]]
name = "petg"
label = "PETG"
process = "fdm"
colours = ["White"]
"""
OAK = """
[[materials]]
name = "oak"
label = "Oak, solid"
process = "laser"
density = 0.7
colours = ["Natural"]
finishes = ["oiled"]

[[finishes]]
name = "oiled"
label = "Oiled twice"
operation = "polishing"
minutes = 5
"""
MOVES = re.compile(
    r'<meta name="(?:csrf|live|csp)[^>]*>|nonce="[^"]*"|name="csrf_token" value="[^"]*"|seen=\d+|submit_token" value="[^"]*"'
    r"|<time[^>]*>[^<]*</time>|\?v=[0-9a-f]+|\d+ (?:s|min|h)\b"
)
"""What differs between any two answers."""


NEW_ANYWAY = re.compile(r'name="token" value="|id="material"|class="now"|id="bar-')
"""Lines of which no two answers have the same: marks of forms, the line of now; what can be chosen to search by."""


def plain(page: str) -> str:
    return MOVES.sub("", page)


@pytest.fixture
def shop_with_oak(make_workshop: Callable[..., Workshop]) -> Workshop:
    found = make_workshop(OAK + PETG)
    found.open(ShopProfile(name="Werk", currency="EUR"))
    return found


def without_oak(workshop: Workshop) -> Workshop:
    """The same shop, started again with a shop.toml that does not know it any more."""
    config = workshop.shop.config
    file, env = config.data / "shop.toml", {"DATABASE_URL": config.database_url}
    file.write_text(file.read_text().replace(OAK.strip(), ""))
    shop = open_shop(load_config(data=config.data, env=env))
    assert shop.catalogue.material("oak") is None
    again = Workshop(shop, create_app(shop.config))
    again.people = workshop.people
    return again


def test_every_page_of_old_orders_stays_as_it_was(shop_with_oak: Workshop) -> None:
    workshop = shop_with_oak
    workshop.machine("laser-1", process="laser")
    made = {"material": "oak", "colour": "Natural", "finish": "oiled"}
    waits, runs, done = (workshop.place("ada", **made) for _ in range(3))
    workshop.accept(runs, "laser-1")
    OrderRow.update(stage="completed").where(OrderRow.id == done.id).execute()
    pages = {
        "ada": ["/", "/history", "/history?material=oak", *(f"/orders/{one.code}" for one in (waits, runs, done))],
        "sam": [
            "/staff/", "/staff/board", "/staff/schedule", "/staff/history", "/staff/machines",
            *(f"/staff/orders/{one.code}" for one in (waits, runs, done)),
        ],
    }  # fmt: skip
    seen = {(who, path): workshop.browser(who).see(path) for who, paths in pages.items() for path in paths}
    profile = workshop.shop.profile()
    before = capabilities.need_of(workshop.shop, OrderLineRow.get(OrderLineRow.order == waits.id), None)
    again = without_oak(workshop)
    for (who, path), was in seen.items():
        now = again.browser(who).see(path)
        said = set(plain(now).splitlines()) - set(plain(was).splitlines())
        assert [line for line in said if not NEW_ANYWAY.search(line)] == [], (who, path)
    line = OrderLineRow.get(OrderLineRow.order == waits.id)
    assert capabilities.need_of(again.shop, line, None) == before
    assert before.process == "laser"
    assert [one.process for one in estimating.waiting(again.shop, {}, utcnow(), profile.calendar)] == ["laser"]
