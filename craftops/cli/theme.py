"""``craftops theme``: what is wrong with a theme, before anybody sees it."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

import click

from craftops.cli.common import ShopLocation, pass_place
from craftops.errors import CraftOpsError
from craftops.plugin_host import environment
from craftops.plugin_host.starting import start_plugins
from craftops.sdk.theme import Theme
from craftops.web.frame.theme_check import ThemeCheck, ThemeFault
from craftops.web.frame.theme_pages import as_table

PARENT = re.compile(r"Theme\(.*?parent\s*=\s*[\"']([a-z0-9_]+)[\"']", re.DOTALL)
NAME = re.compile(r"Theme\(\s*(?:name\s*=\s*)?[\"']([a-z0-9_]+)[\"']")


def add_to(cli: click.Group) -> None:
    """Register the commands."""
    cli.add_command(theme)


@click.group()
def theme() -> None:
    """Themes: what the portal looks like."""


@theme.command("check")
@click.argument("which", default="")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@pass_place
def check(place: ShopLocation, which: str, as_json: bool) -> None:
    """Say by rule what is wrong with a theme, where and why. Exit code 1 when anything is.

    WHICH: the name of a theme that is switched on, or a folder with one; the theme of shop.toml and the shop's own
    theme folder, if none is named.
    """
    config = place.config()
    environment.enter(environment.PluginFolder(config.data).active())
    host = start_plugins(config.document.plugins.names, config.document.plugin, safe=True)
    themes = host.themes
    checks = _wanted(which, themes, config.document.theme.name, config.data / "theme")
    found = [(title, one.faults()) for title, one in checks]
    if as_json:
        click.echo(json.dumps([{"theme": title, **asdict(one)} for title, faults in found for one in faults]))
    else:
        for title, faults in found:
            _say(title, faults)
    sys.exit(1 if any(faults for _title, faults in found) else 0)


@theme.command("pages")
def pages() -> None:
    """Print every page that a theme may write anew, with its blocks and the values that it finds."""
    click.echo(as_table(), nl=False)


def _say(title: str, faults: tuple[ThemeFault, ...]) -> None:
    click.echo(f"{'-' if faults else '+'} {title}: " + (f"{len(faults)} to mend" if faults else "every rule is kept"))
    for one in faults:
        click.echo(f"  {one}")


def _wanted(which: str, themes: dict[str, Theme], worn: str, own: Path) -> list[tuple[str, ThemeCheck]]:
    if which in themes:
        return [(which, _named(which, themes))]
    if which:
        return [_in_folder(Path(which), themes)]
    checks = [(worn, _named(worn, themes))] if worn in themes else []
    if own.is_dir():
        parents = tuple(one.folder for one in _chain(worn, themes))
        checks.append(("the shop's own folder", ThemeCheck(own, parents, "own")))
    if not checks:
        raise CraftOpsError(f"There is no theme {worn!r} that is switched on, and no folder {own}.")
    return checks


def _named(name: str, themes: dict[str, Theme]) -> ThemeCheck:
    first, *parents = _chain(name, themes)
    return ThemeCheck(first.folder, tuple(one.folder for one in parents), name)


def _chain(name: str, themes: dict[str, Theme]) -> list[Theme]:
    found: list[Theme] = []
    while name in themes and themes[name] not in found:
        found.append(themes[name])
        name = found[-1].parent
    return found


def _in_folder(folder: Path, themes: dict[str, Theme]) -> tuple[str, ThemeCheck]:
    """The theme of a folder: of itself, or of the one package in it. Its parent is what its plugin says."""
    if not folder.is_dir():
        known = ", ".join(sorted(themes)) or "none"
        raise CraftOpsError(f"There is no theme and no folder {str(folder)!r}. Themes that are switched on: {known}.")
    found = [one for one in (folder, *sorted(folder.iterdir())) if _is_theme(one)]
    if not found:
        raise CraftOpsError(f"There is no theme in {folder}: a theme has a tokens.css, or a folder templates.")
    plugin = found[0] / "__init__.py"
    text = plugin.read_text(encoding="utf-8") if plugin.is_file() else ""
    parent, name = PARENT.search(text), NAME.search(text)
    parents = tuple(one.folder for one in _chain(parent[1], themes)) if parent else ()
    return str(folder), ThemeCheck(found[0], parents, name[1] if name else "")


def _is_theme(folder: Path) -> bool:
    return (folder / "tokens.css").is_file() or (folder / "templates").is_dir()
