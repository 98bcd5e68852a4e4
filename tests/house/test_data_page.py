"""The page about a shop's data leaves nothing out: no table, no logger, no bundled plugin that may go outside."""

from __future__ import annotations

import re
from collections import Counter
from configparser import ConfigParser
from pathlib import Path

from craftops_plugins.analyzer_mesh import package

from craftops.config import ShopFile
from craftops.domain.files.designs import FileFormat
from craftops.sandbox.limits import DEFAULT
from craftops.services.people.accounts import SESSION_LENGTH, SESSION_UNUSED
from craftops.store.models import TABLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operators" / "data.md").read_text()
CLASSES = ("Proofs", "People", "Entrusted", "Money", "Running")
OUTSIDE = ("machine_", "notify_", "channel_", "payment_", "carrier_", "sign_in_", "invoice_")
NAMED_BY_OTHERS = {"mt940", "peewee.migrations"}
"""Loggers of libraries, which are quietened and never spoken through."""


def named(text: str) -> list[str]:
    return re.findall(r"`([a-z_0-9.]+)`", text)


def test_every_table_is_in_one_class() -> None:
    """ASVS 14.1.1: what is kept is known, and to which class of protection it belongs."""
    found = Counter(
        name
        for kind in CLASSES
        for text in re.findall(rf"^{kind}: (.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
        for name in named(text)
    )
    assert found == Counter(table._meta.table_name for table in TABLES)


def test_every_class_says_who_sees_it_how_it_is_kept_and_when_it_goes() -> None:
    """ASVS 14.1.2."""
    rows = {row.split("|")[1].strip(" *").capitalize(): row for row in PAGE.splitlines() if row.startswith("| **")}
    assert tuple(rows) == CLASSES
    assert all(len(cell.strip()) > 10 for row in rows.values() for cell in row.split("|")[2:5])


def part(page: str, title: str) -> str:
    return page.split(f"## {title}\n")[1].split("\n## ")[0]


def test_how_long_sessions_last_is_what_the_page_weighs() -> None:
    """ASVS 7.1.1 and 7.1.2."""
    said = part((ROOT / "docs" / "operators" / "security.md").read_text(), "Sessions")
    assert f"| unused | {SESSION_UNUSED.days} days |" in said
    assert f"| {SESSION_LENGTH.days} days, however it is used |" in said
    assert "| at once | as many as somebody has browsers |" in said


def test_bounds_of_files_are_those_of_the_page() -> None:
    """ASVS 5.1.1."""
    said, files = part(PAGE, "Files that come in"), ShopFile().files
    row = next(line for line in said.splitlines() if line.startswith("| formats |"))
    assert set(named(row)) == {one.value for one in FileFormat}
    for bound in (
        f"{files.max_mb} MB unless", f"{files.quota_mb:,} MB unless", f"{package.MOST_BYTES // 10**6:,} MB and",
        f"{package.MOST_MEMBERS:,} parts", f"{package.SMALL // 10**6} MB may", f"{package.MOST_RATIO} times",
        f"{DEFAULT.memory // 10**6:,} MB of memory", f"{DEFAULT.cpu_s} s of processor",
        f"{DEFAULT.written // 10**6} MB written",
    ):  # fmt: skip
        assert bound in said, bound


def test_every_logger_is_in_the_inventory() -> None:
    """ASVS 16.1.1."""
    spoken = {
        name
        for tree in ("craftops", "plugins", "machines")
        for path in (ROOT / tree).rglob("*.py")
        if "testing" not in path.parts and "simulated" not in path.parts
        for name in re.findall(r'getLogger\("([^"]+)"\)', path.read_text())
    }
    told = {name for row in PAGE.splitlines() if row.startswith("| `craftops.") for name in named(row.split("|")[1])}
    assert spoken - NAMED_BY_OTHERS == told


def test_every_bundled_plugin_that_may_go_outside_is_in_the_list() -> None:
    """ASVS 13.1.1."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    entries = setup["options.entry_points"]["craftops.plugins"].strip().splitlines()
    bundled = {line.partition("=")[0].strip() for line in entries}
    told = set(named(PAGE.split("## Whom it talks to")[1]))
    assert {name for name in bundled if name.startswith(OUTSIDE)} <= told
