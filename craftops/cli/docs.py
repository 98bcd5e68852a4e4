"""``craftops docs``: the handbook as a folder that any browser reads, without a server and without a network."""

from __future__ import annotations

import posixpath
import shutil
from html import escape
from pathlib import Path

import click

from craftops import __version__
from craftops.errors import CraftOpsError
from craftops.web.shop import handbook

STYLES = Path(handbook.__file__).parents[2] / "static" / "css"
TITLES = {
    "operators": "Running the shop",
    "machines": "Machines",
    "": "Building on it",
    "kinds": "Kinds of plugins",
    "decisions": "Why it is so",
}
BY_NIGHT = "@media (prefers-color-scheme: dark) { :root { --brand-ink: #8ab8ff; } }\n"
"""The server works a shop's colour out for the night; these pages have none."""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="{up}/style.css"></head>
<body><div class="handbook-site"><nav><a href="{up}/index.html">CraftOps {version}</a></nav>
<main>{text}</main></div></body></html>
"""


def add_to(cli: click.Group) -> None:
    """Register the commands."""
    cli.add_command(docs)


@click.command()
@click.argument("target", type=click.Path(path_type=Path, file_okay=False))
def docs(target: Path) -> None:
    """Write the handbook into the new folder TARGET, as pages that any browser shows."""
    if target.exists() and any(target.iterdir()):
        raise CraftOpsError(f"There is something in {target} already.")
    pages = [one for group in handbook.groups() for one in group.pages]
    for one in pages:
        text = handbook.html_of(one.name, lambda name, here=one.name: _address(name, here))  # type: ignore[misc]
        _write(target, one.name, one.title, f'<article class="card handbook">{text}</article>')
    _write(target, "index", "CraftOps", _contents())
    (target / "screenshots").mkdir()
    for path in (handbook.home() / "screenshots").glob("*"):
        if path.suffix in handbook.PICTURES:
            shutil.copyfile(path, target / "screenshots" / path.name)
    (target / "style.css").write_text(_style(), encoding="utf-8")
    click.echo(f"{target / 'index.html'}: {len(pages)} pages.")


def _write(target: Path, name: str, title: str, text: str) -> None:
    path = target / f"{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    up = "/".join([".."] * name.count("/")) or "."
    path.write_text(PAGE.format(title=escape(title), text=text, up=up, version=__version__), encoding="utf-8")


def _address(name: str, here: str) -> str:
    """From one page to another, or to a picture."""
    file = name if name.endswith(handbook.PICTURES) else f"{name}.html"
    return posixpath.relpath(file, posixpath.dirname(here) or ".")


def _contents() -> str:
    parts = ["<h1>CraftOps</h1>", '<div class="handbook-groups">']
    for group in handbook.groups():
        rows = "".join(f'<li><a href="{one.name}.html">{escape(one.title)}</a></li>' for one in group.pages)
        parts.append(f'<section class="card stack"><h2>{TITLES[group.folder]}</h2><ul>{rows}</ul></section>')
    return "\n".join([*parts, "</div>"])


def _style() -> str:
    """The core's own look, without fonts to fetch."""
    names = ("tokens", "base", "handbook")
    tokens, base, own = ((STYLES / f"{name}.css").read_text(encoding="utf-8") for name in names)
    layers, _, rest = tokens.partition("@font-face")
    return "\n".join([layers, rest[rest.index("@layer tokens {") :], base, own, BY_NIGHT])
