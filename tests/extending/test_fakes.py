"""What is made up for tests of plugins is what a shop really hands over, and a place in memory is like a shop's own."""

from __future__ import annotations

import inspect
import sqlite3
import typing
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

import orjson
import pytest
from peewee import IntegrityError
from samples.pay_site import open_for_money

from craftops.errors import ConfigError
from craftops.hookspecs import HookSpecs
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.pages import PageRequest
from craftops.sdk.parts import MenuLink
from craftops.sdk.reports import Report, ReportData, ReportTable
from craftops.sdk.settings import NoSettings
from craftops.sdk.tables import AddColumn, AddTable, ColumnKind, DropTable, Migration, OwnTables, TableColumn, moment
from craftops.services.billing import quoting
from craftops.services.billing.quote_drafts import proposed
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.store.database import utcnow
from craftops.store.models import DesignFileRow
from craftops.tasks import channels
from craftops.testing import (
    FakeBox,
    IntakeChannelContract,
    Workshop,
    fake_arguments,
    fake_report_data,
    fake_request,
    handed,
    start_alone,
)
from craftops.testing.handed import TOLD
from craftops.testing.workshop import cube_stl

HOOKS = {name: one for name, one in vars(HookSpecs).items() if not name.startswith("_")}
HANDED = [name for name, one in HOOKS.items() if len(inspect.signature(one).parameters) > 1]
SEEN: dict[str, dict[str, Any]] = {}
"""Hook -> what a real shop called it with."""


@pytest.mark.parametrize("name", HANDED)
def test_every_hook_that_is_handed_something_has_it_made_up(name: str) -> None:
    wanted = typing.get_type_hints(HOOKS[name])
    made = fake_arguments(name)
    assert list(made) == [one for one in inspect.signature(HOOKS[name]).parameters if one != "self"]
    for argument, value in made.items():
        assert isinstance(value, wanted[argument])
    assert fake_arguments(name) == made, "twice the same"


def test_a_hook_that_is_handed_nothing_is_called_with_nothing() -> None:
    assert fake_arguments("staff_menu") == {}


def _hears(name: str) -> Any:
    names = [one for one in inspect.signature(HOOKS[name]).parameters if one != "self"]
    body = f"def {name}(self, {', '.join(names)}):\n    SEEN[{name!r}] = {{{', '.join(f'{one!r}: {one}' for one in names)}}}\n"
    space: dict[str, Any] = {"SEEN": SEEN}
    exec(body, space)
    return hookimpl(space[name])


class Hears(Plugin[NoSettings]):
    name = "hears"
    title = "Hears"
    summary = "Keeps what it is handed."

    @hookimpl
    def register_reports(self) -> Iterable[Report]:
        return [Report("seen", "Seen", "What was handed over.", self.seen)]

    def seen(self, data: ReportData) -> ReportTable:
        SEEN["report"] = {"data": data}
        return ReportTable(("A",), [])

    @hookimpl
    def staff_menu(self) -> Iterable[MenuLink]:
        return ()


for hook in HANDED:
    setattr(Hears, hook, _hears(hook))


def shape(value: Any) -> Any:
    """Which types stand where; of a sequence those of what is in it. What is empty or None says nothing."""
    if is_dataclass(value):
        told = {field.name: shape(getattr(value, field.name)) for field in fields(value)}
        return (type(value).__name__, told)
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [shape(one) for one in value[:1]]
    return None if value is None else type(value).__name__


def differing(made: Any, real: Any, where: str = "") -> list[str]:
    """Where two shapes are not of one kind."""
    if made in (None, [], {}) or real in (None, [], {}):
        return []
    if isinstance(made, tuple) and isinstance(real, tuple) and made[0] == real[0]:
        return [text for key in real[1] for text in differing(made[1][key], real[1][key], f"{where}.{key}")]
    if isinstance(made, dict) and isinstance(real, dict):
        return [text for key in set(made) & set(real) for text in differing(made[key], real[key], f"{where}.{key}")]
    if isinstance(made, list) and isinstance(real, list):
        return differing(made[0], real[0], where)
    return [] if made == real else [f"{where}: {made} is made up, {real} is handed over"]


def test_what_is_made_up_is_what_a_shop_hands_over(plug_in: Callable[..., Workshop]) -> None:
    """One order from its file to its invoice: each hook was called, with values of the same kinds."""
    SEEN.clear()
    shop = plug_in(Hears)
    open_for_money(shop)
    shop.machine("printer-1")
    order = shop.place("ada", quantity=40)
    sam, ada, at = shop.actor("sam"), shop.actor("ada"), utcnow()
    row = quoting.save_draft(shop.shop, order.code, proposed(shop.shop, order)[0], actor=sam, at=at)
    quoting.send(shop.shop, order.code, row.version, actor=sam, at=at)
    quoting.accept(shop.shop, order.code, row.version, name="Ada", via="portal", actor=ada, at=at)
    shop.run_due()
    other = shop.place("ada")
    job = shop.accept(other, "printer-1").code
    conversation.post(shop.shop, other.code, MessageText("Hello"), actor=ada, at=utcnow())
    began = utcnow()
    for minutes, state in ((0, "running"), (20, "running"), (40, "done")):
        said = {"v": 1, "state": state, "progress": minutes / 40, "job": {"id": "r1", "ref": job}}
        shop.say("printer-1", orjson.dumps(said), began + timedelta(minutes=minutes))
    shop.browser("ada").see(f"/orders/{other.code}")
    shop.browser("sam").see(f"/staff/orders/{other.code}")
    shop.browser("olga").see("/staff/reports/hears/seen")
    shop.run_due()
    assert [name for name in HANDED if name not in SEEN] == []
    wrong = {name: differing(shape(fake_arguments(name)), shape(SEEN[name])) for name in HANDED}
    wrong["report"] = differing(shape({"data": fake_report_data()}), shape(SEEN["report"]))
    assert {name: told for name, told in wrong.items() if told} == {}
    assert {name: type(SEEN[name]["event"]) for name in TOLD} == {name: type(made) for name, made in TOLD.items()}


def test_what_a_test_is_about_is_named_and_a_word_that_is_none_is_a_fault() -> None:
    assert handed.fake_order(title="Vase").title == "Vase"
    assert handed.fake_event("job_finished", took_s=None).took_s is None
    assert fake_request().method == "GET"
    assert fake_request({"line": "x"}) == PageRequest("POST", {}, {"line": "x"}, handed.SAM, handed.AT)
    with pytest.raises(TypeError):
        handed.fake_order(titel="Vase")
    with pytest.raises(KeyError):
        handed.fake_event("order_lost")


FIRST = Migration(
    "first",
    (
        AddTable("visit", (TableColumn("who", unique=True), TableColumn("at", ColumnKind.MOMENT, indexed=True))),
        AddTable("scrap", (TableColumn("words"),)),
    ),
)
SECOND = Migration(
    "second",
    (
        AddColumn("visit", TableColumn("often", ColumnKind.WHOLE)),
        AddColumn("visit", TableColumn("known", ColumnKind.FLAG)),
        DropTable("scrap"),
    ),
)


class Keeps(Plugin[NoSettings]):
    name = "keeps"
    title = "Keeps"
    summary = "Has tables of its own."

    @hookimpl
    def register_migrations(self) -> Iterable[Migration]:
        return [FIRST, SECOND]


@pytest.fixture(params=["in a shop", "alone"])
def keeps(request: pytest.FixtureRequest, plug_in: Callable[..., Workshop]) -> Keeps:
    if request.param == "alone":
        return start_alone(Keeps)
    found = plug_in(Keeps).shop.plugins.plugins()["keeps"]
    assert isinstance(found, Keeps)
    return found


def test_tables_and_the_folder_are_the_same_in_a_shop_and_alone(keeps: Keeps) -> None:
    tables: OwnTables = keeps.place.tables
    insert = "INSERT INTO {visit} (who, at, often, known) VALUES (?, ?, ?, ?)"
    at = handed.AT
    assert tables.change(insert, ("Ada", at, 1, True)) == 1
    [(number, who, when, often, known)] = tables.ask("SELECT id, who, at, often, known FROM {visit}")
    assert (number, who, often, bool(known)) == (1, "Ada", 1, True)
    assert isinstance(when, int)
    assert moment(when) == at
    with pytest.raises((sqlite3.Error, IntegrityError)):
        tables.change(insert, ("Ada", at, 1, True))
    with pytest.raises(ZeroDivisionError), tables.together():
        tables.change(insert, ("Bob", at, 1, False))
        with tables.together():
            tables.change(insert, ("Eve", at, 1, False))
        _ = 1 / 0
    assert tables.ask("SELECT COUNT(*) FROM {visit}") == [(1,)]
    with tables.together():
        tables.change(insert, ("Bob", None, None, None))
    assert tables.change("UPDATE {visit} SET often = ?", (2,)) == 2
    assert tables.ask("SELECT who, at FROM {visit} WHERE at > ?", (at - timedelta(days=1),)) == [("Ada", when)]
    with pytest.raises(Exception, match="scrap"):
        tables.ask("SELECT * FROM {scrap}")
    (keeps.place.folder / "note.txt").write_text("x")
    assert [path.name for path in keeps.place.folder.iterdir()] == ["note.txt"]


def test_two_alone_share_nothing_and_settings_are_those_of_the_shop() -> None:
    one, two = start_alone(Keeps), start_alone(Keeps)
    one.place.tables.change("INSERT INTO {visit} (who) VALUES (?)", ("Ada",))
    assert two.place.tables.ask("SELECT * FROM {visit}") == []
    assert one.place.folder != two.place.folder
    with pytest.raises(ConfigError, match="volume"):
        start_alone(Keeps, volume=3)


class TestFakeBox(IntakeChannelContract):
    """It keeps to what any channel does, so that the core meets in it what it meets in a shop."""

    @pytest.fixture(autouse=True)
    def box(self) -> None:
        self.its = FakeBox()

    def channel(self) -> FakeBox:
        return self.its

    def bring(self, name: str, content: bytes) -> None:
        self.its.bring((name, content))


def test_what_is_brought_to_a_box_becomes_a_file_of_its_sender(workshop: Workshop) -> None:
    plugins, box = workshop.shop.plugins, FakeBox()
    plugins.intake_channels[box.name], plugins.intake_plugins[box.name] = box, "a_test"
    key = box.bring(("bracket.stl", cube_stl()))
    channels.plan(workshop.shop, utcnow())
    workshop.run_due()
    assert box.settled[key].taken
    assert box.waiting == {}
    assert [row.name for row in DesignFileRow.select()] == ["bracket.stl"]
