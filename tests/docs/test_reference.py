"""The reference is what the program says, and no page of the house has a block, a command or a link that is none."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import jinja2
import pytest

from craftops import errors
from craftops.cli import cli
from craftops.cli.reference import reference
from craftops.config import ShopFile, read_document

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operators" / "reference.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KINDS = {"", "sh", "toml", "python", "json", "yaml", "ini", "html", "css"}
NO_COMMANDS_OF_OURS = ("0009-warm-sandbox.md", "0012-the-estimate-of-a-job.md", "0014-the-estimate-of-an-order.md")
HERE = click.Context(cli)


def walked(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(HERE):
            found = command.get_command(HERE, name)
            assert found is not None
            yield from walked(found, f"{path} {name}")


def test_it_is_what_the_program_says() -> None:
    assert PAGE.read_text() == reference(), "python -m craftops.cli.reference > docs/operators/reference.md"


def test_every_command_option_setting_and_error_stands_there() -> None:
    """By another way than it was made."""
    text = PAGE.read_text()
    for path, command in walked(cli, "craftops"):
        if command.hidden or type(command) is click.Group or path in ("craftops", "craftops x"):
            continue
        [row] = re.findall(rf"^\| `{path}(?: [\[\]A-Z… ]+)?` \|(.*)$", text, flags=re.MULTILINE)
        for one in command.params:
            if isinstance(one, click.Option) and "--help" not in one.opts:
                assert one.opts[0] in row, f"{path} {one.opts[0]}"
                assert one.help, f"{path} {one.opts[0]} says what it is for"
    for name, field in ShopFile.model_fields.items():
        if name not in ("plugin",):
            part = re.split(rf"^### `\[+{name}\]+`$", text, flags=re.MULTILINE)[1].split("\n### ")[0]
            table = field.annotation
            kind = getattr(table, "__args__", (table,))[0]
            assert set(re.findall(r"^\| `(\w+)` \|", part, flags=re.MULTILINE)) == set(kind.model_fields), name
    named = set(re.findall(r"^\| `(\w+)` \|.*\| \d{3}.*\|$", text, flags=re.MULTILINE))
    tree = ast.parse(Path(errors.__file__).read_text())
    assert named == {one.name for one in tree.body if isinstance(one, ast.ClassDef)}


@pytest.mark.parametrize("paper", PAGES, ids=lambda one: one.relative_to(ROOT).as_posix())
def test_every_block_is_what_it_says_it_is(paper: Path) -> None:
    for kind, text in BLOCK.findall(paper.read_text()):
        assert kind in KINDS, kind
        if kind == "toml":
            read_document(text.replace("...", "x" * 24).replace("…", "x" * 24), paper.name)
        elif kind == "python":
            ast.parse(text)
        elif kind == "json":
            json.loads(text)
        elif kind == "html":
            jinja2.Environment(autoescape=True).parse(text)
        elif kind == "css":
            assert re.fullmatch(r"(?:[^{}]+\{ (?:--[\w-]+: [^;{}]+; )+\}\n)+", text)
        elif kind == "sh" and paper.name not in NO_COMMANDS_OF_OURS:
            for line in re.sub(r"<<'END'\n.*?^END$", "", text, flags=re.MULTILINE | re.DOTALL).splitlines():
                _is_known(line)


def _is_known(line: str) -> None:
    words = shlex.split(line.replace("\\", ""), comments=True)
    if "craftops" not in words[:1]:
        return
    command: click.Command = cli
    rest = words[1:]
    while rest and isinstance(command, click.Group):
        word = rest.pop(0)
        if word.startswith("-"):
            if rest and rest[0] not in command.list_commands(HERE):
                rest.pop(0)
            continue
        found = command.get_command(HERE, word)
        assert found is not None, line
        command = found
    known = {option for one in command.params for option in one.opts}
    assert {one.split("=")[0] for one in rest if one.startswith("--")} <= known | {"--help"}, line


@pytest.mark.parametrize("paper", PAGES, ids=lambda one: one.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_a_head_that_is_there(paper: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", paper.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target, mark in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        path = paper.parent / target if target else paper
        assert path.exists(), target
        if mark and path.suffix == ".md":
            heads = re.findall(r"^#+ (.+)$", path.read_text(), flags=re.MULTILINE)
            assert mark in {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in heads}, mark


@pytest.mark.parametrize("paper", PAGES, ids=lambda one: one.relative_to(ROOT).as_posix())
def test_every_table_has_its_head(paper: Path) -> None:
    """A row that stands apart from its table is shown as text with bars in it."""
    lines = re.sub(r"^```.*?^```$", "", paper.read_text(), flags=re.MULTILINE | re.DOTALL).splitlines()
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        if line.startswith("|") and not before.startswith("|"):
            assert re.fullmatch(r"\|[-:| ]+\|", after), f"{paper.name}: {line[:60]}"
