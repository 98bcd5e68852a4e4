"""The contracts of small kinds find what is wrong: a broken plugin of each, and bundled ones that keep to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from craftops_plugins.house_rules import PLUGIN as HOUSE_RULES
from craftops_plugins.order_notes import PLUGIN as ORDER_NOTES
from craftops_plugins.shop_reports import PLUGIN as SHOP_REPORTS

from craftops import testing
from craftops.domain.billing.money import Money
from craftops.domain.billing.pricing import CostPart, Price, PricePart
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.announcements import OrderPlaced
from craftops.sdk.commands import OwnCommand
from craftops.sdk.parts import MenuLink, OrderPart, OrderShown
from craftops.sdk.reports import Report, ReportTable
from craftops.sdk.rules import UploadAsked
from craftops.sdk.schedules import Scheduled
from craftops.sdk.settings import NoSettings
from craftops.testing import Workshop


class Broken(Plugin[NoSettings]):
    """Something of every kind, none of it right."""

    name, title, summary = "broken", "Broken", "Is wrong in each of its parts."

    @hookimpl
    def register_reports(self) -> Iterable[Report]:
        return [
            Report(
                "none",
                "None",
                "Divides by what may be nothing.",
                lambda data: ReportTable(("A",), [(1 / len(data.orders),)]),
            )
        ]

    @hookimpl
    def staff_order_panels(self, order: OrderShown) -> Iterable[OrderPart]:
        return [OrderPart("One copy", facts=(("Copies", "1"),))] if order.lines[0].quantity == 1 else [7]  # type: ignore[list-item]

    @hookimpl
    def register_commands(self) -> Iterable[OwnCommand]:
        return [OwnCommand("second", "Says the second word.", lambda words: words[1])]

    @hookimpl
    def register_schedules(self) -> Iterable[Scheduled]:
        return [Scheduled("once", 60.0, self.once)]

    def once(self, _at: object) -> None:
        (self.place.folder / "done").mkdir()

    @hookimpl
    def refuse_upload(self, upload: UploadAsked) -> str | None:
        return "too large" if upload.size > 1_000 else None

    @hookimpl
    def price_line(self, work: Any, prices: Any) -> Price | None:
        return Price(Money(100, "EUR"), work.copies, (PricePart(CostPart.MATERIAL, 100),))

    @hookimpl
    def order_placed(self, event: OrderPlaced) -> None:
        raise KeyError("note")


WRONG = {
    "ReportContract": "test_it_is_a_table_of_whatever_ended",
    "OrderPanelContract": "test_its_cards_stand_on_the_pages_of_an_order",
    "ScheduleContract": "test_it_may_be_done_at_any_time_and_twice",
    "RulesContract": "test_whatever_is_asked_it_answers_with_a_sentence_or_nothing",
    "PricingContract": "test_it_adds_up_for_any_number_of_copies",
    "ListenerContract": "test_it_hears_of_everything_that_it_listens_to",
}


def contract(name: str, kind: type[Plugin[Any]]) -> Any:
    found = getattr(testing, name)()
    found.plugin = lambda: kind
    return found


@pytest.mark.parametrize("name", WRONG)
def test_a_plugin_that_is_wrong_does_not_pass(name: str, plug_in: Callable[..., Workshop]) -> None:
    with pytest.raises((AssertionError, ArithmeticError, TypeError, AttributeError, OSError)):
        getattr(contract(name, Broken), WRONG[name])(plug_in)


def test_a_command_that_wants_two_words_does_not_pass(plug_in: Callable[..., Workshop]) -> None:
    with pytest.raises(IndexError):
        contract("CommandContract", Broken).test_whatever_is_typed_it_ends_with_words(plug_in, ("x",))


class Forgetful(Plugin[NoSettings]):
    """Leads nowhere, and remembers in itself what it should keep."""

    name, title, summary = "forgetful", "Forgetful", "Forgets."

    def __init__(self, settings: NoSettings) -> None:
        super().__init__(settings)
        self.kept: dict[int, str] = {}

    @hookimpl
    def staff_menu(self) -> Iterable[MenuLink]:
        return [MenuLink("Nowhere", "/staff/nowhere")]


def test_a_place_in_the_menu_that_leads_nowhere_does_not_pass(plug_in: Callable[..., Workshop]) -> None:
    with pytest.raises(AssertionError):
        contract("MenuContract", Forgetful).test_what_is_in_this_shop_opens(plug_in)


def test_what_is_kept_in_one_process_alone_does_not_pass(plug_in: Callable[..., Workshop]) -> None:
    tables = contract("TablesContract", Forgetful)
    tables.keep = lambda plugin: plugin.kept.setdefault(id(plugin.place), "kept")
    tables.read = lambda plugin: plugin.kept.get(id(plugin.place))
    with pytest.raises(AssertionError):
        tables.test_it_is_there_after_a_start_and_its_tables_are_made_once(plug_in)


class TestShopReports(testing.ReportContract):
    def plugin(self) -> type[Plugin[Any]]:
        # Every shop has the bundled one.
        return type("OwnReports", (SHOP_REPORTS,), {"name": "own_reports"})


class TestOrderNotes(testing.OrderPanelContract):
    def plugin(self) -> type[Plugin[Any]]:
        return ORDER_NOTES


class TestHouseRules(testing.RulesContract):
    def plugin(self) -> type[Plugin[Any]]:
        return HOUSE_RULES
