"""docs/plugins.md and docs/kinds are true: every hook with its arguments and its payload, every kind, command, link and code block."""

from __future__ import annotations

import inspect
import re
import sys
import tomllib
import types
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_type_hints

import click
import orjson
import pytest

import craftops.testing
from craftops.cli import cli
from craftops.cli.scaffold import KINDS
from craftops.config import read_document
from craftops.domain.events import EventKind
from craftops.hookspecs import HookSpecs
from craftops.plugin_host.checks import CONTRIBUTIONS, QUESTIONS, REGISTERS
from craftops.sdk import Plugin, announcements, hookimpl
from craftops.sdk.settings import NoSettings
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.store.database import utcnow
from craftops.testing import Workshop

ROOT = Path(__file__).parents[2]
KIND_PAGES = sorted((ROOT / "docs" / "kinds").glob("*.md"))
PAGES = [ROOT / "docs" / "plugins.md", ROOT / "examples" / "README.md", *KIND_PAGES]
TEXT = PAGES[0].read_text()
HOOKS = {name: one for name, one in vars(HookSpecs).items() if not name.startswith("_")}
ANNOUNCEMENTS = [name for name in HOOKS if name in set(EventKind)]
LEFT_OUT = {"core", "data"}


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (f"{page.name}:{page.read_text()[: found.start()].count(chr(10)) + 1}", found[1])
        for page in PAGES
        for found in re.finditer(rf"^```{language}\n(.*?)^```$", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    ]


def row_of(hook: str) -> str:
    [row] = re.findall(rf"^\| `{hook}\((.*?)\)` \|(.*)\|$", TEXT, flags=re.MULTILINE)
    return f"({row[0]}) {row[1]}"


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_stands_there_with_its_arguments(name: str) -> None:
    parameters = [one for one in inspect.signature(HOOKS[name]).parameters if one != "self"]
    assert row_of(name).startswith(f"({', '.join(parameters)})")
    assert HOOKS[name].__doc__, "and says what it promises where it is written"


def test_no_hook_is_promised_that_is_not_there() -> None:
    told = set(re.findall(r"^\| `(\w+)\(.*?\)` \|", TEXT, flags=re.MULTILINE)) - {"plug_in", "make_workshop"}
    assert told == set(HOOKS)
    assert set(HOOKS) == {*REGISTERS, *QUESTIONS, *CONTRIBUTIONS, *ANNOUNCEMENTS}, (
        "each hook is of a style that is checked"
    )


class Hearing(Plugin[NoSettings]):
    name = "hearing"
    title = "Hearing"
    summary = "Remembers what it was told."
    heard: list[announcements.Announcement]

    def __init__(self, settings: NoSettings) -> None:
        super().__init__(settings)
        type(self).heard = []

    @hookimpl
    def order_placed(self, event: announcements.OrderPlaced) -> None:
        self.heard.append(event)

    @hookimpl
    def order_stage_changed(self, event: announcements.OrderStageChanged) -> None:
        self.heard.append(event)

    @hookimpl
    def design_analysed(self, event: announcements.DesignAnalysed) -> None:
        self.heard.append(event)

    @hookimpl
    def job_finished(self, event: announcements.JobFinished) -> None:
        self.heard.append(event)

    @hookimpl
    def estimate_changed(self, event: announcements.EstimateChanged) -> None:
        self.heard.append(event)

    @hookimpl
    def message_posted(self, event: announcements.PostedMessage) -> None:
        self.heard.append(event)


def test_what_a_plugin_hears_of_an_order_is_what_the_page_says(plug_in: Callable[..., Workshop]) -> None:
    """Everything that is announced happens once, and is of the type that its hook names, in all its fields."""
    shop = plug_in(Hearing)
    shop.machine("printer-1")
    order = shop.place("ada")
    job = shop.accept(order, "printer-1").code
    conversation.post(shop.shop, order.code, MessageText("Hello"), actor=shop.actor("ada"), at=utcnow())
    began = utcnow()
    for minutes, state in ((0, "running"), (20, "running"), (40, "done")):
        said = {"v": 1, "state": state, "progress": minutes / 40, "job": {"id": "r1", "ref": job}}
        shop.say("printer-1", orjson.dumps(said), began + timedelta(minutes=minutes))
    shop.run_due()
    wanted = {name: get_type_hints(HOOKS[name])["event"] for name in ANNOUNCEMENTS}
    assert {type(event) for event in Hearing.heard} == set(wanted.values()), "each was heard"
    for event in Hearing.heard:
        for name, hint in get_type_hints(type(event)).items():
            value = getattr(event, name)
            assert isinstance(value, hint), f"{type(event).__name__}.{name} is {value!r}"
            if isinstance(value, datetime):
                assert value.tzinfo is not None
    assert len({event.id for event in Hearing.heard}) == len(Hearing.heard), "once, where nothing is killed"


@pytest.mark.parametrize("name", ANNOUNCEMENTS)
def test_what_is_told_stands_in_its_row_with_all_its_fields(name: str) -> None:
    told, row = get_type_hints(HOOKS[name])["event"], row_of(name)
    common = {one.name for one in fields(announcements.Announcement)}
    assert f"`{told.__name__}`" in row
    assert {one.name for one in fields(told)} - common <= set(re.findall(r"`(\w+)`", row))
    assert all(f"`{one}`" in TEXT for one in common)


def test_nothing_that_is_told_points_at_our_tables() -> None:
    """Names and codes; the one number is what makes an announcement itself."""
    for name in ANNOUNCEMENTS:
        told = get_type_hints(HOOKS[name])["event"]
        hints = [get_type_hints(told), get_type_hints(announcements.OrderTold)]
        keys = {one for found in hints for one in found if one == "id" or one.endswith("_id") or one == "data"}
        assert keys == {"id"}


def test_every_kind_has_its_row_and_every_contract_is_named() -> None:
    rows = re.findall(r"^\| \[`(\w+)`\]\(kinds/([\w-]+)\.md\) \| (?:`\w+`|what happened) \|", TEXT, flags=re.MULTILINE)
    assert rows == [(kind, kind.replace("_", "-")) for kind in KINDS]
    contracts = [name for name in craftops.testing.__all__ if name.endswith("Contract")]
    assert [name for name in contracts if f"`{name}`" not in TEXT] == []
    for brought in REGISTERS.values():
        assert brought.base.__name__ in TEXT


def test_every_fake_is_told_and_none_that_is_not_there() -> None:
    fakes = {name for name in craftops.testing.__all__ if name.lower().startswith("fake_") or name.startswith("Fake")}
    assert {name for name in fakes if f"`{name}`" not in TEXT} == set()
    assert set(re.findall(r"`(fake_\w+)`", TEXT)) <= fakes


@pytest.mark.parametrize(("place", "code"), blocks("python"), ids=[place for place, _ in blocks("python")])
def test_python_of_the_pages_runs(place: str, code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiled = compile(code, place, "exec")
    names = set(compiled.co_names)
    if {"stripe", "LocalStripe", "LocalEasyPost"} & names:
        for part in re.findall(r"\.control\.(\w+)\(", code):
            from craftops.testing.easypost import LocalEasyPost
            from craftops.testing.stripe import LocalStripe

            kinds = (LocalStripe, LocalEasyPost)
            source = "".join(inspect.getsource(inspect.getmodule(kind)) for kind in kinds)  # type: ignore[arg-type]
            packages = [ROOT / "craftops" / "testing" / name for name in ("stripe", "easypost")]
            source += "".join(path.read_text() for folder in packages for path in folder.glob("*.py"))
            assert f"def {part}(" in source
        return
    module = types.ModuleType("page_of_the_docs")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # a dataclass looks its module up
    module.__file__ = str(tmp_path / "page_of_the_docs.py")
    page, line = place.split(":")
    if page in {one.name for one in KIND_PAGES}:  # its blocks are one plugin and its tests, from above to below
        for other, before in blocks("python"):
            if other.startswith(f"{page}:") and int(other.split(":")[1]) < int(line):
                exec(compile(before, other, "exec"), vars(module))
    exec(compiled, vars(module))
    for kind in (
        one for one in vars(module).values() if isinstance(one, type) and issubclass(one, Plugin) and one is not Plugin
    ):
        assert kind.summary.endswith(".")
        kind(kind.settings_type())


@pytest.mark.parametrize(("place", "text"), blocks("toml"), ids=[place for place, _ in blocks("toml")])
def test_toml_of_the_pages_is_a_shop_toml(place: str, text: str) -> None:
    assert tomllib.loads(text)
    read_document(text, place)


@pytest.mark.parametrize(("place", "text"), blocks("sh"), ids=[place for place, _ in blocks("sh")])
def test_commands_of_the_pages_are_there(place: str, text: str) -> None:
    for line in text.splitlines():
        words = line.split("#")[0].split()
        assert words[0] == "craftops", place
        command: click.Command | None = cli
        for word in words[1:]:
            if not isinstance(command, click.Group):
                break
            command = command.get_command(click.Context(command), word)
            assert command is not None, f"{place}: {line}"


def test_every_command_of_plugins_is_told() -> None:
    group = cli.get_command(click.Context(cli), "plugins")
    assert isinstance(group, click.Group)
    assert [name for name in group.commands if f"`craftops plugins {name}`" not in TEXT] == []


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_no_link_of_the_pages_leads_nowhere(page: Path) -> None:
    text = page.read_text()
    for target, mark in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", text):
        if target.startswith("http"):
            continue
        path = (page.parent / target) if target else page
        assert path.exists(), target
        if mark:
            heads = re.findall(r"^#+ (.+)$", path.read_text(), flags=re.MULTILINE)
            assert mark in {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in heads}


def test_settings_of_plugins_in_shop_toml_are_told() -> None:
    from craftops.config_tables import PluginsTable

    assert [name for name in PluginsTable.model_fields if f"`[plugins] {name}`" not in TEXT] == []


def test_every_hook_is_used_by_something_that_comes_with_the_program() -> None:
    """Else nobody of ours would notice that it does not hold."""
    bundled = [
        path
        for folder in ("plugins", "machines", "themes", "craftops/reactions")
        for path in (ROOT / folder).rglob("*.py")
    ]
    text = "".join(path.read_text() for path in bundled)
    assert [name for name in HOOKS if f"def {name}(self" not in text] == []
