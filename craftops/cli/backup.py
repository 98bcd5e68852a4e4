"""``craftops backup``, ``restore`` and ``go-live``: the shop on another disk, and back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from craftops.bootstrap import open_shop
from craftops.cli.common import ShopLocation, pass_place
from craftops.config import load_config
from craftops.domain.people.access import SYSTEM
from craftops.domain.shop.backups import BackupState
from craftops.errors import CraftOpsError
from craftops.processes.doctor import examine
from craftops.services.shop import backup_check, backups, epochs, recovery, restoring
from craftops.store.database import close_database, utcnow

CLEAR = "\r\x1b[K"


def add_to(cli: click.Group) -> None:
    """Register the commands."""
    for command in (backup, restore, go_live):
        cli.add_command(command)


def _tell(words: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"{CLEAR}{words} …", err=True, nl=False)


def _quiet() -> None:
    if sys.stderr.isatty():
        click.echo(CLEAR, err=True, nl=False)


@click.group(invoke_without_command=True)
@click.pass_context
def backup(context: click.Context) -> None:
    """Make a backup now, while the shop goes on."""
    if context.invoked_subcommand is not None:
        return
    place = context.find_object(ShopLocation)
    if place is None:
        raise CraftOpsError("Which shop?")
    with place.shop() as shop:
        row = backups.make(shop, at=utcnow(), by="the command line", tell=_tell)
    _quiet()
    click.echo(f"{row.folder}/{row.name}: {row.size / 1e6:.1f} MB, {row.orders} orders, {row.files} files, read back.")


@backup.command("phrase")
@pass_place
def phrase(place: ShopLocation) -> None:
    """Make a new recovery phrase and print it, this once. Backups of before keep their old one."""
    with place.shop() as shop:
        words = recovery.new_phrase()
        recovery.set_key(shop, words, actor=SYSTEM)
    click.echo("Write these words down, on paper, and keep them outside of the shop. They are printed this once.\n")
    click.echo(f"    {words}\n")
    click.echo("Whoever has them and a backup has the whole shop. Without them no backup can be opened.")


@backup.command("list")
@pass_place
def list_backups(place: ShopLocation) -> None:
    """What was tried, the newest first."""
    with place.shop() as shop:
        for row in backups.standing(shop, at=utcnow(), most=1000).rows:
            what = row.error if row.state == BackupState.FAILED.value else f"{row.size / 1e6:.1f} MB"
            click.echo(f"{row.begun_at:%Y-%m-%d %H:%M} UTC  {row.state:<8} {row.name}  {what}")


def _secret(archive: Path, key: Path | None, identity: Path | None, phrase_file: Path | None) -> str:
    if identity is not None:
        return restoring.key_for(archive, identity=identity)
    typed = phrase_file.read_text() if phrase_file else click.prompt("Recovery phrase", hide_input=True, err=True)
    return restoring.key_for(archive, phrase=typed, key=key)


def _keys(command: click.Command) -> click.Command:
    for option in (
        click.option("--phrase-file", type=click.Path(path_type=Path, exists=True, dir_okay=False),
                     help="A file with the recovery phrase, instead of typing it."),
        click.option("--identity", type=click.Path(path_type=Path, exists=True, dir_okay=False),
                     help="A file with the secret key (AGE-SECRET-KEY-1…), instead of a phrase."),
        click.option("--key", type=click.Path(path_type=Path, exists=True, dir_okay=False),
                     help="The wrapped key, where it does not lie beside the backup."),
    ):  # fmt: skip
        option(command)
    return command


@backup.command("verify")
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def verify(archive: Path, key: Path | None, identity: Path | None, phrase_file: Path | None) -> None:
    """Read ARCHIVE to its end and compare every sum; nothing is restored."""
    secret = _secret(archive, key, identity, phrase_file)
    scratch = Path(os.environ.get("TMPDIR", "/tmp")) / f"craftops-verify-{os.getpid()}"  # noqa: S108 - made with mode 700
    try:
        found = backup_check.check(archive, secret, scratch=scratch)
    finally:
        if scratch.exists():
            scratch.rmdir()
    click.echo(f"Whole: {found.orders} orders, {found.files} files.")


_keys(verify)


@click.command()
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--database-url", default="", help="Put the rows into this empty PostgreSQL database, not into SQLite.")
def restore(
    archive: Path, folder: Path, database_url: str, key: Path | None, identity: Path | None, phrase_file: Path | None
) -> None:
    """Make a shop of ARCHIVE in the new FOLDER. It is a copy that sends nothing, until `craftops go-live`."""
    secret = _secret(archive, key, identity, phrase_file)
    done = restoring.restore(archive, folder.resolve(), secret, at=utcnow(), tell=_tell, database_url=database_url)
    _quiet()
    click.echo(f"Restored into {done.folder}: {done.orders} orders, {done.files} files.")
    click.echo(
        "It is a copy: it sends no mail, takes no money, buys no label, starts no machine.\n"
        f"Ended: {done.ended.notices} notices that waited, {done.ended.commands} machine commands, "
        f"{done.ended.tokens} reply addresses of old mails."
    )
    findings = _examined(folder.resolve(), database_url)
    for finding in findings:
        click.echo(f"- {finding}")
    click.echo("The doctor finds nothing wrong." if not findings else f"The doctor has {len(findings)} findings.")
    click.echo(f"Look at it: craftops --data {folder} run. When it is the real shop: craftops --data {folder} go-live")
    sys.exit(1 if findings else 0)


_keys(restore)


def _examined(folder: Path, database_url: str) -> list[str]:
    environment = {"DATABASE_URL": database_url} if database_url else {}
    try:
        shop = open_shop(load_config(data=folder, env=environment))
        return examine(shop, at=utcnow(), tell=_tell)
    finally:
        close_database()
        _quiet()


@click.command("go-live")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_place
def go_live(place: ShopLocation, yes: bool) -> None:
    """Say that this restored shop is the real one now: it sends mail, takes money and starts machines again."""
    with place.shop() as shop:
        if epochs.is_copy() and not yes:
            click.echo("Two shops that are both the real one mail twice and charge twice. Is the old one gone?")
            click.confirm("This is the real shop now", abort=True)
        ended = epochs.go_live(shop, actor=SYSTEM, at=utcnow())
    click.echo(f"This is the real shop. {ended.notices} notices that were written meanwhile are not sent.")
