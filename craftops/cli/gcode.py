"""``craftops gcode``: how long machine code takes, as its slicer says and as its moves say, without a shop."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from craftops.domain.gcode.slicer_time import is_gcode, slicer_of, slicer_time
from craftops.domain.gcode.timeline_reader import read_timeline
from craftops.services.production.plates import Plate, plates_of


def add_to(cli: click.Group) -> None:
    """Register the command."""
    cli.add_command(gcode)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each file.")
def gcode(files: tuple[Path, ...], as_json: bool) -> None:
    """Read the times of machine code in FILES. Exit 0 when every file is machine code."""
    fault = False
    for path in files:
        try:
            row = _row(path)
        except OSError:
            row = None
        if row is None:
            fault = True
            click.echo(f"{path}: this is no machine code, or there is no such file.", err=True)
            continue
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _said(row))
    sys.exit(1 if fault else 0)


def _row(path: Path) -> dict[str, Any] | None:
    """Seconds of all plates together and of each in its order; None for what is no machine code."""
    plates = plates_of(path)
    ends = [plate.ends() for plate in plates]
    if not plates or not any(is_gcode(head) for head, _ in ends):
        return None
    rows = [_plate(plate, *its) for plate, its in zip(plates, ends, strict=True)]
    return {
        "file": str(path),
        "slicer": next((name for its in ends if (name := slicer_of(*its))), ""),
        "planned_s": _sum([row["planned_s"] for row in rows]),
        "clock_s": _sum([row["clock_s"] for row in rows]),
        "plates": rows,
    }


def _plate(plate: Plate, head: bytes, tail: bytes) -> dict[str, Any]:
    planned, clock = slicer_time(head, tail), read_timeline(plate.code())
    planned_s = planned.seconds if planned else clock.slicer_s if clock else None
    return {
        "name": plate.member or plate.path.name,
        "planned_s": planned_s,
        "clock_s": round(clock.total_s, 1) if clock else None,
    }


def _sum(seconds: list[float | None]) -> float | None:
    known = [one for one in seconds if one is not None]
    return round(sum(known), 1) if known else None


def _said(row: dict[str, Any]) -> str:
    parts = [f"{row['slicer'] or 'unknown slicer'}", f"{len(row['plates'])} plate{'s' * (len(row['plates']) != 1)}"]
    parts += [
        f"{what} {row[key]:,.0f} s" if row[key] is not None else f"no {what} time"
        for what, key in (("planned", "planned_s"), ("clock", "clock_s"))
    ]
    return f"{row['file']}: {', '.join(parts)}"
