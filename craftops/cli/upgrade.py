"""``craftops upgrade`` and ``migrate``: a newer program, another database."""

from __future__ import annotations

import sys

import click

from craftops.bootstrap import open_shop
from craftops.cli.common import ShopLocation, pass_place
from craftops.config import Config
from craftops.errors import CraftOpsError
from craftops.processes.doctor import examine
from craftops.processes.supervisor import alone
from craftops.services.shop import upgrading
from craftops.store.database import close_database, connected, utcnow
from craftops.store.migrating import migrate as bring_up
from craftops.store.migrating import must_fit
from craftops.store.transfer import copy_to_postgres


def add_to(cli: click.Group) -> None:
    """Register the commands."""
    cli.add_command(migrate)
    cli.add_command(upgrade)


@click.command()
@click.option("--to", "target", default="", help="Move the shop to this empty PostgreSQL database (postgresql://…).")
@pass_place
def migrate(place: ShopLocation, target: str) -> None:
    """Bring the database up to date; a copy is made before. With --to: move all of it to PostgreSQL."""
    settings = place.config()
    open_shop(settings)
    try:
        if target:
            _move(settings, target)
            return
        done, saved = bring_up(settings.data)
        upgrading.note_version(settings)
    finally:
        close_database()
    if saved:
        click.echo(f"A copy from before lies in {saved}.")
    click.echo(f"Done: {', '.join(done)}." if done else "There was nothing to do.")


def _move(settings: Config, target: str) -> None:
    with alone(settings.data):
        must_fit()
        with connected():
            counts = copy_to_postgres(target)
    click.echo(f"Copied: {sum(counts.values())} rows of {len(counts)} tables, {counts['orders']} orders.")
    click.echo("Nothing was changed here. Start the shop with DATABASE_URL set to the new database from now on.")


@click.command()
@click.option("--back", is_flag=True, help="Put the database of before the last upgrade back.")
@pass_place
def upgrade(place: ShopLocation, back: bool) -> None:
    """Bring a shop to this version: a snapshot, the migrations, the doctor. The shop must not be running."""
    settings = place.config()
    shop = open_shop(settings)
    try:
        with alone(settings.data):
            if back:
                _back(settings)
                return
            done = upgrading.upgrade(settings, at=utcnow())
            if done.snapshot:
                click.echo(f"The database of before lies in {done.snapshot}; `craftops upgrade --back` puts it back.")
            click.echo(f"Done: {', '.join(done.migrations)}." if done.migrations else "There was nothing to do.")
            findings = examine(shop, at=utcnow())
    finally:
        close_database()
    for finding in findings:
        click.echo(f"- {finding}")
    click.echo("The doctor finds nothing wrong." if not findings else f"The doctor has {len(findings)} findings.")
    sys.exit(1 if findings else 0)


def _back(settings: Config) -> None:
    version, today = upgrading.go_back(settings, at=utcnow())
    click.echo(f"The database is as it was before the upgrade. What was written since lies in {today}.")
    if not version:
        raise CraftOpsError("Install the CraftOps of before; nobody wrote down which one that was.")
    click.echo(f"Install it again: pip install 'craftops=={version}'")
