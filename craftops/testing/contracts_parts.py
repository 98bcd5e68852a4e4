"""What plugins must keep to that add something to a shop: reports, cards, commands, scheduled work, rules, prices, and
ears for what happened.

Subclass, say which, and pytest runs the rest::

    class TestMine(ReportContract):
        def plugin(self): return PLUGIN
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from craftops.domain.billing.costing import Copy
from craftops.domain.events import EventKind
from craftops.domain.orders.order import Delivery, Specification
from craftops.domain.orders.workflow import Stage
from craftops.errors import CraftOpsError
from craftops.hookspecs import HookSpecs
from craftops.plugin_host.checks import CONTRIBUTIONS, QUESTIONS
from craftops.sdk.reports import ReportData
from craftops.sdk.rules import LONGEST_REFUSAL
from craftops.store.database import utcnow
from craftops.testing.alone import start_alone
from craftops.testing.contracts_plugin import PluginContract, toml_of
from craftops.testing.handed import (
    DAY,
    fake_arguments,
    fake_event,
    fake_line,
    fake_line_asked,
    fake_move,
    fake_order,
    fake_order_asked,
    fake_prices,
    fake_report_data,
    fake_upload,
    fake_work,
)
from craftops.testing.workshop import Workshop

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
        return [
            fake_report_data(first=DAY, last=DAY, zone="Asia/Kathmandu", orders=(), jobs=(), invoices=()),
            fake_report_data(),
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

    def test_it_answers_for_any_order(self) -> None:
        """Alone, without a shop: an order of nothing, one of many lines that nobody has measured, one at every stage."""
        plugin: Any = start_alone(self.plugin(), **self.settings())
        many = (fake_line(title="x" * 200, quantity=10_000, process="other", analysis=None),) * 100
        orders = [fake_order(lines=()), fake_order(lines=many, company="Acme", delivery=Delivery.SHIPPING)]
        orders += [fake_order(stage=stage) for stage in Stage]
        for hook, check in CONTRIBUTIONS.items():
            if (said := getattr(plugin, hook, None)) is not None:
                for order in orders:
                    check(said(**({"order": order} if fake_arguments(hook) else {})))


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
            fake_upload(),
            fake_upload(name="", format="", size=0, channel="folder", owner=""),
            fake_upload(name="ä" * 200 + ".3mf", format="3mf", size=10**10, channel="email"),
        ]
        large = fake_line_asked(
            quantity=10_000, specification=Specification("pla", "Black", "as_made", "x" * 4_000), analysis=None
        )
        orders = [
            fake_order_asked(),
            fake_order_asked(company="Acme", lines=(large,) * 100, delivery=Delivery.SHIPPING),
            fake_order_asked(lines=()),
        ]
        moves = [fake_move(before, after) for before in Stage for after in Stage if before is not after]
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
        prices = fake_prices()
        for copy in (fake_work().copy, Copy("laser", "unknown", 1.0, 60.0)):
            for copies in (1, 2, 99, 100, 10_000):
                price = plugin.price_line(fake_work(copies, copy=copy), prices)
                if price is None or price.unit is None:
                    continue
                QUESTIONS["price_line"](price)
                assert price.unit.currency == prices.currency
                assert price.unit.minor >= 0
                assert sum(part.minor for part in price.parts) == price.unit.minor * copies, f"{copies} copies"


class ListenerContract(WithShop):
    """Whatever happened is heard without a fault, and no slower than the worker waits."""

    def test_it_hears_of_everything_that_it_listens_to(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.shop(plug_in)
        host, name = workshop.shop.plugins, self.plugin().name
        heard = [kind.value for kind in EVENTS if kind.value in host.hooks_of(name)]
        assert heard, "it listens to nothing"
        workshop.place("ada")
        workshop.run_due()
        for hook in heard:
            host.announce(hook, fake_event(hook, at=utcnow()), name)
        self.nothing_failed(workshop)
