"""``craftops export`` and ``import``: all of it out in open formats, and what another program knew in."""

from __future__ import annotations

import os
from pathlib import Path

import click

from craftops.cli.common import ShopLocation, pass_place
from craftops.domain.people.access import SYSTEM
from craftops.domain.shop.imports import ImportKind, read_text
from craftops.errors import CraftOpsError
from craftops.services.shop import exporting, importing
from craftops.services.shop.importing import ImportPlan
from craftops.store.database import utcnow

MOST_SHOWN = 20


def add_to(cli: click.Group) -> None:
    """Register the commands."""
    cli.add_command(export)
    cli.add_command(bring_in)


@click.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@pass_place
def export(place: ShopLocation, target: Path) -> None:
    """Write everything of the shop into TARGET, a ZIP of CSV, JSON and the files."""
    if target.exists():
        raise CraftOpsError(f"{target} is there already.")
    with place.shop() as shop:
        draft = target.with_name(f"{target.name}.part")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                for piece in exporting.export(shop, SYSTEM, at=utcnow()):
                    file.write(piece)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    click.echo(f"{target}: {target.stat().st_size / 1e6:.1f} MB. README.txt in it says what is what.")


@click.command("import")
@click.argument("kind", type=click.Choice([one.value for one in ImportKind]))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Take it in; without this it is only said what would come of it.")
@pass_place
def bring_in(place: ShopLocation, kind: str, file: Path, yes: bool) -> None:
    """Bring in customers, past orders or the catalogue from a CSV FILE. Nobody gets a mail."""
    what = ImportKind(kind)
    text = read_text(file.read_bytes())
    with place.shop() as shop:
        if what is ImportKind.CATALOGUE:
            found = importing.plan(what, text)
            _say(found, err=True)
            click.echo(found.toml, nl=False)
            return
        found = importing.carry_out(shop, what, text, actor=SYSTEM, at=utcnow()) if yes else importing.plan(what, text)
    _say(found)
    click.echo("Taken in." if yes else "Nothing was written yet. Take it in with --yes.")


def _say(found: ImportPlan, err: bool = False) -> None:
    words = (
        f"{found.count('new')} new, {found.count('known')} known already, {found.count('faulty')} that cannot be taken."
    )
    click.echo(words, err=err)
    if found.ignored:
        click.echo(f"Columns that nobody knows: {', '.join(found.ignored)}.", err=err)
    faulty = [one for one in found.rows if one.what == "faulty"]
    for one in faulty[:MOST_SHOWN]:
        click.echo(f"- line {one.row.number}: {one.sentence}", err=err)
    if len(faulty) > MOST_SHOWN:
        click.echo(f"- and {len(faulty) - MOST_SHOWN} more.", err=err)
