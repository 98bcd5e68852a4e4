"""``craftops intake``: the intake pipeline on files of this computer, without a shop around it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import click

from craftops import sandbox
from craftops.cli.common import ShopLocation, pass_place
from craftops.domain.files.designs import Analysis
from craftops.domain.files.file_types import HEAD, ending_of, format_of, identify, refusal
from craftops.plugin_host import environment
from craftops.plugin_host.starting import start_plugins
from craftops.sdk.analyzer import refused

Analyzers = dict[str, str]
"""Format -> the class that opens it, as "module:Class"."""


def add_to(cli: click.Group) -> None:
    """Register the command."""
    cli.add_command(intake)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each file.")
@click.option("--pictures", type=click.Path(path_type=Path, file_okay=False), help="Keep the pictures in this folder.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Files at once.")
@pass_place
def intake(place: ShopLocation, files: tuple[Path, ...], as_json: bool, pictures: Path | None, jobs: int) -> None:
    """Check FILES as if a customer had sent them. Exit 0 when every file got a verdict."""
    analyzers = _analyzers(place)
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    missing = False
    with closing(sandbox), ThreadPoolExecutor(jobs) as pool:
        for path, analysis in _in_order(pool, analyzers, files, jobs):
            if analysis is None:
                missing = True
                click.echo(f"{path}: there is no such file.", err=True)
                continue
            row = _row(path, analysis, pictures)
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else _said(row))
    sys.exit(1 if missing else 0)


def _analyzers(place: ShopLocation) -> Analyzers:
    config = place.config()
    document = config.document
    environment.enter(environment.PluginFolder(config.data).active())
    found: Analyzers = {}
    for kind in start_plugins(document.plugins.names, document.plugin, safe=True).file_analyzers:
        named = f"{kind.__module__}:{kind.__qualname__}"
        more = {one.name: one.endings for one in kind.declares}
        for ending in (ending for one in kind.formats for ending in more.get(one, (str(one),))):
            found.setdefault(ending, named)
    return found


def _in_order(
    pool: ThreadPoolExecutor, analyzers: Analyzers, files: Iterable[Path], jobs: int
) -> Iterator[tuple[Path, Analysis | None]]:
    """Verdicts in the order of the files; never more than a few are held back."""
    todo = iter(files)
    waiting = [(path, pool.submit(_check, analyzers, path)) for path in islice(todo, 2 * jobs)]
    while waiting:
        path, result = waiting.pop(0)
        yield path, result.result()
        waiting += [(path, pool.submit(_check, analyzers, path)) for path in islice(todo, 1)]


def _check(analyzers: Analyzers, path: Path) -> Analysis | None:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return None
    claimed = ending_of(path.name)
    if not head or (claimed not in analyzers and format_of(path.name) is None):
        kind = identify(head, path.name)
        code = "companion" if kind.companion else "empty" if not head else "other_format"
        return refused(code, refusal(kind, path.name))
    if claimed not in analyzers:
        return refused("not_offered", f"This shop does not open {claimed.upper()} files.")
    return sandbox.analyse(analyzers[claimed], path, path.name, with_model=False)


def _row(path: Path, analysis: Analysis, pictures: Path | None) -> dict[str, Any]:
    kept = ""
    if pictures and analysis.picture:
        target = pictures / f"{path.name}.png"
        target.write_bytes(analysis.picture)
        kept = str(target)
    facts = analysis.mesh or analysis.drawing
    claimed = format_of(path.name)
    analysis = replace(analysis, seconds=round(analysis.seconds, 3))
    return {
        "file": str(path),
        "format": claimed.value if claimed else "",
        "verdict": analysis.verdict.value,
        "code": analysis.code,
        "sentence": analysis.sentence,
        "facts": asdict(facts) if facts else {},
        "findings": [
            {"code": f.code, "severity": f.severity.value, "sentence": f.sentence, "fix": f.fix}
            for f in analysis.findings
        ],
        "picture": kept or bool(analysis.picture),
        "seconds": analysis.seconds,
        "peak_mb": analysis.peak_mb,
    }


def _said(row: dict[str, Any]) -> str:
    lines = [f"{row['file']}: {row['verdict']} ({row['seconds']:.1f} s). {row['sentence']}"]
    lines += [f"  {found['severity']}: {found['sentence']} {found['fix']}".rstrip() for found in row["findings"]]
    return "\n".join(lines)
