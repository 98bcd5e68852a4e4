"""docs/themes.md and docs/theme-pages.md are true: every token, every rule of the check, every page with what it finds."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from craftops.cli import cli
from craftops.testing import Workshop
from craftops.web.frame.theme_pages import EVERYWHERE, FUNCTIONS, pages
from craftops.web.frame.theme_sheet import DERIVED

ROOT = Path(__file__).parents[2]
THEMES, PAGES = ((ROOT / "docs" / f"{name}.md").read_text() for name in ("themes", "theme-pages"))
TOKEN = re.compile(r"--[a-z][a-z0-9-]*")


def test_every_token_stands_there() -> None:
    sheet = (ROOT / "craftops" / "static" / "css" / "tokens.css").read_text()
    given = set(re.findall(r"(?:^|[;{]\s*)(--[a-z][a-z0-9-]*):", sheet, re.MULTILINE))
    told = set(TOKEN.findall(THEMES))
    row = next(line for line in THEMES.splitlines() if "each with `-soft`" in line)
    told |= {f"{token}-soft" for token in TOKEN.findall(row.split("|")[1])}
    told |= {f"--step-{size}" for size in ("n1", "0", "1", "2", "3", "4")}
    made = {f"--{name}" for name in DERIVED} | {token for token in given if "accent" in token}
    assert given - told - made == set()
    assert {token for token in told if not token.startswith("--step")} - given - made == set(), "and none that is none"


def test_every_rule_of_the_check_stands_there() -> None:
    code = (ROOT / "craftops" / "web" / "frame" / "theme_check.py").read_text()
    rules = set(re.findall(r'ThemeFault\(\s*"([a-z ]+)"', code)) | {"inline style", "inline script"}
    part = THEMES.split("**The check.**")[1].split("\n\n")[0].replace("\n", " ")
    assert {rule for rule in rules if rule not in part} == set()


def test_every_page_stands_there_with_its_blocks_and_values() -> None:
    said = CliRunner().invoke(cli, ["theme", "pages"]).output
    assert said in PAGES
    assert len(list(pages())) > 50
    assert all(one.values or one.blocks for one in pages())


def test_what_every_page_finds_is_what_it_is_given(workshop: Workshop) -> None:
    [given] = [one for one in workshop.app.template_context_processors[None] if one.__name__ == "template_globals"]
    workshop.place("ada")
    with workshop.app.test_request_context("/sign-in"):
        names = set(given())
    assert names - FUNCTIONS - {"current_user"} == EVERYWHERE
    part = PAGES.split("Everywhere:")[1].split("Functions:")[0]
    assert {name for name in EVERYWHERE if f"`{name}`" not in part} == set()
