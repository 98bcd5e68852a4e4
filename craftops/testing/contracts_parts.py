"""What plugins must keep to that add something to a shop: reports, cards, commands, scheduled work, rules, prices, and
ears for what happened.

Subclass, say which, and pytest runs the rest::

    class TestMine(ReportContract):
        def plugin(self): return PLUGIN
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from craftops.domain.billing.costing import Copy, Rates
from craftops.domain.billing.money import Money
from craftops.domain.billing.pricing import LineWork, PriceList
from craftops.domain.events import Event, EventKind
from craftops.domain.orders.order import Delivery, Specification
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor, ActorKind
from craftops.errors import CraftOpsError
from craftops.hookspecs import HookSpecs
from craftops.plugin_host.checks import CONTRIBUTIONS, QUESTIONS
from craftops.sdk.reports import FinishedJob, FinishedOrder, IssuedInvoice, ReportData
from craftops.sdk.rules import LONGEST_REFUSAL, LineAsked, MoveAsked, OrderAsked, UploadAsked
from craftops.store.database import unit_of_work, utcnow
from craftops.testing.contracts_plugin import PluginContract, toml_of
from craftops.testing.workshop import Workshop

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = date(2026, 11, 2)
PERSON = Actor(ActorKind.CUSTOMER, 1, "Ada", customer_id=1)
PRICES = PriceList(rates=Rates("EUR", {"fdm": 400}, {"pla": 2400}, {}))
COPY = Copy(process="fdm", material="pla", density=1.24, seconds=3600.0, volume_mm3=8000.0, size_mm=(20.0, 20.0, 20.0))
EVENTS = [kind for kind in EventKind if hasattr(HookSpecs, kind.value)]


class WithShop(PluginContract):
    """Helpers for those that are looked at in a shop."""

    def shop(self, plug_in: Callable[..., Workshop]) -> Workshop:
        """One with the plugin, which is in it alone of its kind."""
        return plug_in(self.plugin(), toml_of(self.plugin().name, self.settings()))

    def brought(self, workshop: Workshop, what: str) -> dict[str, Any]:
        """What it has brought, by name. Raises AssertionError for nothing."""
        found = {
            name: one for (by, name), one in getattr(workshop.shop.plugins, what).items() if by == self.plugin().name
        }
        assert found, f"it brings no {what}"
        return found

    def nothing_failed(self, workshop: Workshop) -> None:
        """What the owner would read of it."""
        assert workshop.shop.plugins.failures[self.plugin().name] == 0


class ReportContract(WithShop):
    """A table of whatever a shop has done, also of nothing, for the owner alone."""

    def data(self) -> list[ReportData]:
        """Spans that it is asked about: an empty one, and one in which something of everything ended."""
        order = FinishedOrder("K7RCX3", "Vase", "Ada", "", 3, AT - timedelta(days=3), AT, AT, AT, cancelled=False)
        gone = FinishedOrder("K7RCX4", "Bowl", "Bob", "Acme", 1, AT, None, None, AT, cancelled=True)
        jobs = [
            FinishedJob(f"K7RCX3-{at}", "K7RCX3", "Mill", "cnc", "brass", 2, good, state, 60.0, took, AT)
            for at, (state, good, took) in enumerate([("done", 2, 61.0), ("failed", 0, None), ("cancelled", 0, 5.0)])
        ]
        invoices = [
            IssuedInvoice(f"R-{amount}", "K7RCX3", "Ada", Money(amount, "EUR"), AT) for amount in (11_900, -11_900)
        ]
        return [
            ReportData(DAY, DAY, "Europe/Berlin"),
            ReportData(DAY, DAY, "Asia/Kathmandu", [order, gone], jobs, invoices),
        ]

    def test_it_is_a_table_of_whatever_ended(self, plug_in: Callable[..., Workshop]) -> None:
        for name, report in self.brought(self.shop(plug_in), "reports").items():
            assert report.title.strip()
            assert report.summary.endswith(".")
            for data in self.data():
                table = report.make(data)
                assert table.columns, name
                for row in table.rows:
                    assert len(row) == len(table.columns), f"{name}: {row}"
                    assert all(isinstance(cell, str) or math.isfinite(cell) for cell in row), f"{name}: {row}"
                assert list(report.make(data).rows) == list(table.rows), f"{name}: twice the same"

    def test_the_owner_reads_it_and_takes_it_along_and_nobody_else(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.shop(plug_in)
        workshop.place("ada")
        for name in self.brought(workshop, "reports"):
            path = f"/staff/reports/{self.plugin().name}/{name}"
            workshop.browser("olga").see(path)
            workshop.browser("olga").see(f"{path}.csv")
            assert workshop.browser("sam").get(path).status_code == 403
        self.nothing_failed(workshop)


class OrderPanelContract(WithShop):
    """Cards and links that pages can show, of any order, and quickly."""

    def test_its_cards_stand_on_the_pages_of_an_order(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.shop(plug_in)
        hooks = set(workshop.shop.plugins.hooks_of(self.plugin().name))
        assert hooks & set(CONTRIBUTIONS), "it adds nothing to a page"
        for quantity in (1, 1_000):
            order = workshop.place("ada", quantity=quantity)
            workshop.browser("ada").see(f"/orders/{order.code}")
            for who in ("sam", "olga"):
                workshop.browser(who).see(f"/staff/orders/{order.code}")
        workshop.accept(order)
        workshop.browser("sam").see(f"/staff/orders/{order.code}")
        self.nothing_failed(workshop)


class CommandContract(WithShop):
    """Commands that end with text or with a sentence, whatever is typed behind them."""

    @pytest.mark.parametrize("words", [(), ("x",), ("--no-such-option", "ä", ""), ("x",) * 50], ids=range(4))
    def test_whatever_is_typed_it_ends_with_words(
        self, plug_in: Callable[..., Workshop], words: tuple[str, ...]
    ) -> None:
        for name, command in self.brought(self.shop(plug_in), "commands").items():
            assert command.summary.endswith(".")
            try:
                said = command.run(words)
            except CraftOpsError as error:
                said = error.sentence
            assert isinstance(said, str), name


class ScheduleContract(WithShop):
    """Work that may be done at any time, in a shop with nothing and in one with something, once more after a kill."""

    def test_it_may_be_done_at_any_time_and_twice(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.shop(plug_in)
        for work in self.brought(workshop, "schedules").values():
            work.run(utcnow())
            workshop.place("ada")
            workshop.run_due()
            for after in (timedelta(0), timedelta(0), timedelta(days=400)):
                work.run(utcnow() + after)
        self.nothing_failed(workshop)


class RulesContract(WithShop):
    """A refusal is a sentence for whoever asked; None lets it pass. No upload, order or move breaks it."""

    def asked(self) -> list[tuple[str, dict[str, Any]]]:
        """What it is asked: the hook, and its arguments."""
        uploads = [
            UploadAsked(name, kind, size, channel, owner, AT)
            for name, kind, size, channel, owner in (
                ("bracket.stl", "stl", 1_000, "portal", "ada@example.org"), ("", "", 0, "folder", ""),
                ("ä" * 200 + ".3mf", "3mf", 10**10, "email", "bob@example.org"),
            )
        ]  # fmt: skip
        line = LineAsked("bracket", 10_000, Specification("pla", "Black", "as_made", "x" * 4_000), "stl", None)
        orders = [
            OrderAsked(PERSON, "Ada", "ada@example.org", company, lines, delivery, None, AT)
            for company, lines, delivery in (
                ("", (line,), Delivery.PICKUP), ("Acme", (line,) * 100, Delivery.SHIPPING), ("", (), Delivery.PICKUP),
            )
        ]  # fmt: skip
        moves = [
            MoveAsked("K7RCX3", "Vase", "Ada", "", "", before, after, PERSON, "", AT)
            for before in Stage
            for after in Stage
            if before is not after
        ]
        return [
            *(("refuse_upload", {"upload": one}) for one in uploads),
            *(("refuse_order", {"order": one}) for one in orders),
            *(("refuse_stage_change", {"move": one}) for one in moves),
        ]

    def test_whatever_is_asked_it_answers_with_a_sentence_or_nothing(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.shop(plug_in)
        hooks = set(workshop.shop.plugins.hooks_of(self.plugin().name))
        assert any(hook in hooks for hook, _asked in self.asked()), "it refuses nothing"
        plugin = workshop.shop.plugins.plugins()[self.plugin().name]
        for hook, asked in self.asked():
            if hook in hooks:
                said = getattr(plugin, hook)(**asked)
                assert said is None or QUESTIONS[hook](said) == " ".join(said.split())
                assert said is None or (
                    said[0].isupper() and said.endswith((".", "?")) and len(said) <= LONGEST_REFUSAL
                )
        self.nothing_failed(workshop)


class PricingContract(WithShop):
    """A price adds up, in the shop's currency, for any number of copies; where nothing can be said it is left to the
    shop."""

    def test_it_adds_up_for_any_number_of_copies(self, plug_in: Callable[..., Workshop]) -> None:
        plugin: Any = self.shop(plug_in).shop.plugins.plugins()[self.plugin().name]
        for copy in (COPY, Copy("laser", "unknown", 1.0, 60.0)):
            for copies in (1, 2, 99, 100, 10_000):
                price = plugin.price_line(LineWork(copy, copies), PRICES)
                if price is None or price.unit is None:
                    continue
                QUESTIONS["price_line"](price)
                assert price.unit.currency == PRICES.currency
                assert price.unit.minor >= 0
                assert sum(part.minor for part in price.parts) == price.unit.minor * copies, f"{copies} copies"


class ListenerContract(WithShop):
    """Whatever happened is heard without a fault, and no slower than the worker waits."""

    def test_it_hears_of_everything_that_it_listens_to(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.shop(plug_in)
        hooks = set(workshop.shop.plugins.hooks_of(self.plugin().name))
        heard = [kind for kind in EVENTS if kind.value in hooks]
        assert heard, "it listens to nothing"
        order = workshop.place("ada")
        data = {
            "before": "queued", "after": "ready_for_pickup", "kind": "machine", "note": "", "file_id": 1, "cause": "queue",
            "verdict": "accepted", "job": "K7RCX3-1", "state": "done", "planned_s": 60.0, "took_s": 61.0, "message": 1,
            "side": "customer", "via": "portal",
        }  # fmt: skip
        with unit_of_work() as uow:
            for kind in heard:
                uow.record(Event(kind, utcnow(), workshop.actor("ada"), order_id=order.id, data=data))
        workshop.run_due()
        self.nothing_failed(workshop)
