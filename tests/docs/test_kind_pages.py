"""docs/kinds: a page for each kind of plugin, with a plugin that is one, what the table says, and methods that are there."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from craftops.cli.scaffold import KINDS
from craftops.domain.events import EventKind
from craftops.hookspecs import HookSpecs
from craftops.plugin_host.checks import CONTRIBUTIONS, REGISTERS, check_brought
from craftops.sdk import Plugin, camera, carrier, channel, identity, linked, machine, notification, payment
from craftops.sdk.analyzer import FileAnalyzer
from craftops.testing import fake_arguments, start_alone
from craftops.web.shop import handbook

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "kinds"
TEXT = (ROOT / "docs" / "plugins.md").read_text()
PARTS = ["The smallest one", "What is asked, and when", "When it fails", "Testing", "Bundled"]
LISTENED = tuple(name for name in vars(HookSpecs) if name in set(EventKind))
ASKED: Mapping[str, tuple[type[Any], ...]] = {
    "payment_provider": (payment.OnlineProvider, payment.CounterProvider),
    "carrier": (carrier.Carrier,),
    "machine_driver": (machine.MqttDriver, machine.HandDriver),
    "linked_driver": (linked.LinkedDriver, linked.Link, camera.HasCamera),
    "file_analyzer": (FileAnalyzer,),
    "intake_channel": (channel.IntakeChannel,),
    "notification_channel": (notification.NotificationChannel,),
    "identity_provider": (identity.IdentityProvider,),
}
"""What CraftOps calls, of the kinds that have methods."""


def page_of(kind: str) -> Path:
    return FOLDER / f"{kind.replace('_', '-')}.md"


def blocks(kind: str, language: str = "python") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page_of(kind).read_text(), flags=re.DOTALL | re.MULTILINE)


def cells(kind: str) -> list[str]:
    [row] = re.findall(rf"^\| \[`{kind}`\]\(kinds/[\w-]+\.md\) \|(.*)\|$", TEXT, flags=re.MULTILINE)
    return [cell.strip() for cell in row.split("|")]


def test_each_kind_has_its_page_and_no_page_is_of_none() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {page_of(kind).name for kind in KINDS}
    [group] = [one for one in handbook.groups() if one.folder == "kinds"]
    assert len({one.title for one in group.pages}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_it_has_the_same_parts_and_names_what_the_table_names(kind: str) -> None:
    text = page_of(kind).read_text()
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == PARTS
    named = [word for cell in cells(kind) for word in re.findall(r"`([^`]+)`", cell)]
    assert len(named) >= (2 if kind == "listener" else 3)
    assert [word for word in named if not re.search(rf"`{re.escape(word)}[`(]", text)] == []
    if kind == "listener":
        assert [hook for hook in LISTENED if f"`{hook}`" not in text] == []


def plugin_of(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> type[Plugin[Any]]:
    """What the first block of a page makes, with its page beside it."""
    module = types.ModuleType(f"page_of_{kind}")
    module.__file__ = str(folder / "plugin.py")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for text in blocks(kind, "html"):
        (folder / "list.html").write_text(text)
    exec(compile(blocks(kind)[0], page_of(kind).name, "exec"), vars(module))
    made: type[Plugin[Any]] = vars(module)["PLUGIN"]
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_its_smallest_plugin_is_of_this_kind(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = plugin_of(kind, tmp_path, monkeypatch)
    assert blocks(kind, "sh")[0].split()[:5] == ["craftops", "plugins", "new", kind, made.name]
    hooks = LISTENED if kind == "listener" else tuple(re.findall(r"`(\w+)`", cells(kind)[0]))
    mine = [hook for hook in hooks if hasattr(made, hook)]
    assert mine
    started = start_alone(made)
    for hook in mine:
        if hook in REGISTERS:
            assert check_brought(hook, getattr(started, hook)())
        elif hook in CONTRIBUTIONS:
            arguments = {
                name: fake_arguments(hook)[name]
                for name in inspect.signature(getattr(made, hook)).parameters
                if name != "self"
            }
            CONTRIBUTIONS[hook](getattr(started, hook)(**arguments))


@pytest.mark.parametrize("kind", ASKED)
def test_every_method_of_its_tables_is_there_with_these_arguments(kind: str) -> None:
    said = [
        found
        for cell in re.findall(r"^\| ([^|]*) \|", page_of(kind).read_text(), flags=re.MULTILINE)
        for found in re.findall(r"`(\w+)\(([^)]*)\)`", cell)
    ]
    for name, arguments in said:
        owner = next((one for one in ASKED[kind] if hasattr(one, name)), None)
        assert owner is not None, name
        wanted = [one for one in inspect.signature(getattr(owner, name)).parameters if one != "self"]
        assert [one.strip() for one in arguments.split(",") if one.strip()] == wanted, name
    abstract = {name for one in ASKED[kind] for name in one.__abstractmethods__ if callable(vars(one).get(name))}
    told = page_of(kind).read_text()
    assert [name for name in abstract if not re.search(rf"`{name}[`(]", told)] == []


@pytest.mark.ci
def test_the_plugins_of_the_pages_pass_their_contracts(tmp_path: Path) -> None:
    """What stands under Testing, run as `craftops plugins test` would."""
    for kind in KINDS:
        (tmp_path / kind).mkdir()
        for text in blocks(kind, "html"):
            (tmp_path / kind / "list.html").write_text(text)
        code = [one for one in blocks(kind) if "LocalStripe" not in one and "LocalEasyPost" not in one]
        (tmp_path / kind / f"test_page_{kind}.py").write_text("\n\n".join(code))
        if kind == "theme":
            (tmp_path / kind / "tokens.css").write_text(blocks(kind, "css")[0])
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--import-mode=importlib", "."],
        capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ), check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    passed = re.search(r"(\d+) passed", ran.stdout)
    assert passed is not None
    assert int(passed[1]) > 4 * len(KINDS)
