"""Two bundled plugins live from what any plugin gets: the logbook from what happened, prices in steps from the price."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from craftops_plugins.logbook import PLUGIN as LOGBOOK
from craftops_plugins.price_steps import PLUGIN as PRICE_STEPS

from craftops.errors import ConfigError
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.store.database import utcnow
from craftops.testing import (
    ListenerContract,
    PageContract,
    PricingContract,
    ScheduleContract,
    Workshop,
    fake_event,
    fake_prices,
    fake_request,
    fake_work,
    start_alone,
)

ENABLED = '[plugins]\nenabled = ["theme_workshop", "analyzer_mesh", "machine_mqtt", "logbook"]\n'


class TestLogbookHears(ListenerContract):
    def plugin(self):
        return LOGBOOK


class TestLogbookShows(PageContract):
    def plugin(self):
        return LOGBOOK


class TestLogbookForgets(ScheduleContract):
    def plugin(self):
        return LOGBOOK


class TestSteps(PricingContract):
    def plugin(self):
        return PRICE_STEPS


def test_a_day_on_the_floor_is_read_in_the_morning(make_workshop: Callable[..., Workshop]) -> None:
    from craftops.domain.shop.profile import ShopProfile

    shop = make_workshop(ENABLED)
    shop.open(ShopProfile(name="Testwerk"))
    shop.machine("printer-1")
    order = shop.place("ada")
    job = shop.accept(order, "printer-1").code
    conversation.post(shop.shop, order.code, MessageText("A secret of mine"), actor=shop.actor("ada"), at=utcnow())
    began = utcnow()
    for minutes, state in ((0, "running"), (20, "running"), (40, "done")):
        said = {"v": 1, "state": state, "progress": minutes / 40, "job": {"id": "r1", "ref": job}}
        shop.say("printer-1", orjson.dumps(said), began + timedelta(minutes=minutes))
    shop.run_due()
    page = shop.browser("sam").see("/staff/x/logbook/lines")
    for words in (
        "An order came",
        "In production",
        "A job is done",
        "The customer wrote",
        order.code,
        f"{job} · printer-1",
    ):
        assert words in page
    assert "A secret of mine" not in page
    assert shop.browser("ada").get("/staff/x/logbook/lines").status_code == 404
    assert shop.shop.plugins.failures == {}


def test_told_twice_it_is_one_line_and_what_is_old_is_forgotten() -> None:
    book = start_alone(LOGBOOK)
    for _ in range(2):
        book.order_stage_changed(fake_event("order_stage_changed", id=7))
    book.order_placed(fake_event("order_placed", id=8))
    [moved, came] = sorted(book.page(fake_request()).values["lines"], key=lambda one: one.what, reverse=True)
    assert moved.what == "Ready for pickup"
    assert came.code == "K7RCX3"
    book.forget(came.at + timedelta(days=89))
    assert len(book.page(fake_request()).values["lines"]) == 2
    book.forget(came.at + timedelta(days=91))
    assert book.page(fake_request()).values["lines"] == []


def test_a_copy_costs_whole_steps_and_staff_read_of_the_rounding() -> None:
    five, fifty = start_alone(PRICE_STEPS), start_alone(PRICE_STEPS, step=50)
    for copies in (1, 3, 40):
        work = fake_work(copies)
        assert (five.price_line(work, fake_prices()) or fifty.price_line(work, fake_prices())) is not None
        price = fifty.price_line(work, fake_prices())
        assert price.unit.minor % 50 == 0
        assert sum(part.minor for part in price.parts) == price.unit.minor * copies


@pytest.mark.parametrize(("plugin", "values"), [(LOGBOOK, {"days": 0}), (PRICE_STEPS, {"step": 0})])
def test_settings_that_make_no_sense_are_refused(plugin: type, values: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        start_alone(plugin, **values)
