"""``craftops key``: the keys of the shop in ``secret.key``."""

from __future__ import annotations

from datetime import timedelta

import click

from craftops.cli.common import ShopLocation, pass_place
from craftops.processes.supervisor import alone
from craftops.services.shop import key_rotation
from craftops.shop_keys import KeyUse
from craftops.store.database import utcnow


def add_to(cli: click.Group) -> None:
    """Register the commands."""
    cli.add_command(key)


@click.group()
def key() -> None:
    """The keys of the shop: what signs, what seals, and what the broker's passwords come of."""


@key.command()
@click.option(
    "--only", "uses", multiple=True, type=click.Choice([one.value for one in KeyUse]),
    help="Leave the others as they are.",
)  # fmt: skip
@click.option(
    "--keep-sessions", "days", type=click.IntRange(0, 90), default=0, show_default=True,
    help="Days that cookies and signed links of before are accepted; 0 ends them.",
)  # fmt: skip
@pass_place
def rotate(place: ShopLocation, uses: tuple[str, ...], days: int) -> None:
    """Make new keys, and seal anew what was sealed. The shop must not be running, on no host."""
    at = utcnow()
    wanted = [KeyUse(one) for one in uses] or list(KeyUse)
    with place.shop() as shop, alone(shop.config.data):
        until = at + timedelta(days=days) if days else None
        done = key_rotation.rotate(shop.config, wanted, until=until, at=at)
        several, home = shop.config.several_hosts, shop.broker.home_assistant
    if done.finished:
        click.echo("A rotation that had not come to its end was finished. No other was begun.")
    click.echo(f"Sealed anew: {done.sealed} secrets. Ended: {done.links} links; mails bring new ones.")
    if several:
        click.echo(f"Copy {shop.config.secret_path} to the other hosts before they start.")
    if home and (done.finished or KeyUse.BROKER in wanted):
        click.echo("Home Assistant has a new password: craftops home-assistant")
    click.echo("Make a backup now: older ones have the old key in them, and open as before.")
