"""``craftops mail``: mails of this computer, judged as the shop would."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import click

from craftops import sandbox
from craftops.domain.messages.incoming import IncomingMail
from craftops.sandbox.limits import MAIL
from craftops.services.messages.mail_reader import read_safely


def add_to(cli: click.Group) -> None:
    """Register the command."""
    cli.add_command(mail)


@click.group()
def mail() -> None:
    """Mails that customers send."""


@mail.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each file.")
def read(files: tuple[Path, ...], as_json: bool) -> None:
    """Say what FILES are, what was written in them and what comes with them. Exit 0 when all could be opened."""
    missing = False
    with closing(sandbox):
        for path in files:
            try:
                raw = path.read_bytes()
            except OSError as error:
                missing = True
                click.echo(f"{path}: {error.strerror}.", err=True)
                continue
            began = time.monotonic()
            found = read_safely(raw, partial(sandbox.mend, limits=MAIL))
            row = _row(path, found, time.monotonic() - began)
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else _said(row))
    sys.exit(1 if missing else 0)


def _row(path: Path, found: IncomingMail, seconds: float) -> dict[str, Any]:
    return {
        "file": str(path),
        "kind": found.kind.value,
        "token": found.token or None,
        "text": found.text,
        "folded": found.folded,
        "attachments": [
            {"name": one.name, "size": len(one.content), "sha256": hashlib.sha256(one.content).hexdigest()}
            for one in found.files
        ],
        "bounces": [{"recipient": one.recipient, "status": one.status, "hard": one.hard} for one in found.bounced],
        "seconds": round(seconds, 3),
    }


def _said(row: dict[str, Any]) -> str:
    parts = [f"{row['file']}: {row['kind']}"]
    if row["text"]:
        parts.append("\n".join(f"    {line}" for line in row["text"].splitlines()[:8]))
    parts += [f"    + {one['name'] or 'a file'}, {one['size']:,} bytes" for one in row["attachments"]]
    parts += [f"    ! {one['recipient']} {'is dead' if one['hard'] else 'for now'}" for one in row["bounces"]]
    return "\n".join(parts)
