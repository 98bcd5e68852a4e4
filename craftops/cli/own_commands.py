"""``craftops x``: commands that plugins bring."""

from __future__ import annotations

import click

from craftops.cli.common import ShopLocation, pass_place
from craftops.errors import CraftOpsError
from craftops.plugin_host.calls import in_words
from craftops.services.shop.context import Shop


def add_to(cli: click.Group) -> None:
    """Register the command."""
    cli.add_command(own)


@click.command("x", context_settings={"ignore_unknown_options": True})
@click.argument("plugin", required=False)
@click.argument("command", required=False)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@pass_place
def own(place: ShopLocation, plugin: str | None, command: str | None, words: tuple[str, ...]) -> None:
    """Run a command of a plugin; without one, say which there are."""
    with place.shop() as shop:
        if plugin is None or command is None:
            click.echo(_listed(shop, plugin) or "No plugin that is switched on has a command.")
            return
        found = shop.plugins.commands.get((plugin, command))
        if found is None:
            raise CraftOpsError(f"There is no command {plugin} {command}.\n{_listed(shop, None)}".rstrip())
        try:
            said = found.run(words)
        except CraftOpsError:
            raise
        except (Exception, SystemExit) as error:
            raise CraftOpsError(f"The command {plugin} {command} failed: {in_words(error)}") from error
        click.echo(said)


def _listed(shop: Shop, plugin: str | None) -> str:
    rows = [
        f"craftops x {owner} {name:<16} {one.summary}"
        for (owner, name), one in sorted(shop.plugins.commands.items(), key=lambda item: item[0])
        if plugin in (None, owner)
    ]
    return "\n".join(rows)
