"""``craftops plugins``: what is installed, whether it works, a new one of one's own, and installing from shop.toml."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import click

from craftops.cli.common import ShopLocation, pass_place
from craftops.cli.scaffold import KINDS, write_package
from craftops.errors import CraftOpsError
from craftops.plugin_host import environment
from craftops.plugin_host.environment import PluginFolder
from craftops.plugin_host.finding import installed, told
from craftops.processes import plugin_sync
from craftops.processes.plugin_probe import Probed, probe
from craftops.services.shop import plugin_trail
from craftops.store.database import utcnow


def add_to(cli: click.Group) -> None:
    """Register the commands."""
    cli.add_command(plugins)


@click.group()
def plugins() -> None:
    """What is installed and switched on, and what is to be."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@pass_place
def list_plugins(place: ShopLocation, as_json: bool) -> None:
    """Every installed plugin; a star marks those that shop.toml switches on. None of them is imported."""
    config = place.config()
    enabled = config.document.plugins.names
    environment.enter(PluginFolder(config.data).active())
    known = installed()
    rows = [
        {"name": name, "enabled": name in enabled, "version": found.version, "package": found.distribution,
         "title": told(found).title, "rivals": list(found.rivals)}
        for name, found in sorted(known.items())
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        rivals = f"  (also in {', '.join(row['rivals'])}: neither can be used)" if row["rivals"] else ""  # type: ignore[arg-type]
        mark = "*" if row["enabled"] else " "
        click.echo(f"{mark} {row['name']:<24} {row['version']:<10} {row['title']} (from {row['package']}){rivals}")
    for name in enabled:
        if name not in known:
            click.echo(f"? {name:<24} is switched on in shop.toml, and not installed")


@plugins.command("check")
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@pass_place
def check(place: ShopLocation, names: tuple[str, ...], as_json: bool) -> None:
    """Start plugins in fresh processes, with their settings of shop.toml. Exit code 1 when one does not start.

    NAMES: which; all that are switched on, if none is named, each alone and then together.
    """
    config = place.config()
    active, settings = PluginFolder(config.data).active(), config.document.plugin
    wanted = names or config.document.plugins.names
    tried = [probe(active, [name], {name: settings[name]} if name in settings else {}) for name in wanted]
    if not names and len(wanted) > 1 and not any(map(_broke, tried)):
        tried += filter(_broke, [probe(active, wanted, settings)])
    if as_json:
        click.echo(json.dumps([asdict(one) for one in tried]))
    else:
        for one in tried:
            click.echo(_said(one))
    sys.exit(1 if any(map(_broke, tried)) else 0)


def _broke(one: Probed) -> bool:
    return bool(one.fault or one.settings_fault)


def _said(one: Probed) -> str:
    name = one.names[0] if len(one.names) == 1 else "all together"
    if _broke(one):
        return f"- {name}: {one.fault or one.settings_fault}"
    lines = [f"+ {name} {one.version} ({one.package}): {one.title}. {one.summary}"]
    lines += [f"    brings the {brought}" for brought in one.brings]
    lines += [f"    could be better: {missed}" for missed in one.missed]
    return "\n".join(lines)


@plugins.command("new")
@click.argument("kind", type=click.Choice(sorted(KINDS)))
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where its folder goes.")
def new(kind: str, name: str, into: Path) -> None:
    """Write a package with a plugin of KIND that works, with its tests, into a folder NAME."""
    folder = write_package(kind, name, into)
    click.echo(f"{folder} works as it is: {KINDS[kind]}. Next:")
    click.echo(f"  craftops plugins test {folder}     (needs pytest: pip install pytest)")
    click.echo(f'  in shop.toml: [plugins] install = ["{folder.resolve()}"], and "{folder.name}" in enabled')
    click.echo("  craftops --data FOLDER-OF-THE-SHOP plugins sync")


@plugins.command("test")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path())
def test(folder: Path) -> None:
    """Run the tests of a plugin's FOLDER: its own, and what every plugin of its kind must keep to."""
    if find_spec("pytest") is None:
        raise CraftOpsError("The tests need pytest: pip install pytest.")
    paths = os.pathsep.join(filter(None, (str(folder.resolve()), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder.resolve())]
    ran = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": paths}, check=False)
    sys.exit(ran.returncode)


@plugins.command("sync")
@click.option("--locked", is_flag=True, help="Install exactly what plugins/pylock.toml of the shop's folder says.")
@pass_place
def sync(place: ShopLocation, locked: bool) -> None:
    """Install what [plugins] install of shop.toml asks for, beside the running program; try it; switch to it."""
    config = place.config()
    at = utcnow()
    done = plugin_sync.sync(config, locked=locked, at=at, tell=lambda words: click.echo(words, err=True))
    for one in done.tried:
        click.echo(_said(one) if not one.settings_fault else f"~ {one.names[0]}: {one.settings_fault}")
        if one.names[0] not in config.document.plugins.names:
            click.echo('    is not switched on: add it to "enabled" in shop.toml')
    if done.changed:
        plugin_trail.remember(config, done.before, done.packages, at=at)
    click.echo(f"Installed for the shop in {config.data}." if done.changed else "Everything was installed already.")
    click.echo("A shop that is running takes it over now, without a pause.")


@plugins.command("back")
@pass_place
def back(place: ShopLocation) -> None:
    """Use what was installed before the last sync; called again, it changes back."""
    config = place.config()
    before = plugin_sync.packages_of(PluginFolder(config.data).active())
    folder = plugin_sync.back(config)
    plugin_trail.remember(config, before, plugin_sync.packages_of(folder), at=utcnow())
    click.echo(f"In use is what was installed in {folder}.")
