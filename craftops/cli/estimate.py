"""``craftops estimate replay``: recorded runs through the live estimate, without a shop around it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from craftops.services.replaying import BASELINES, MOMENTS, replay_all

TRACE = click.Path(path_type=Path, exists=True, dir_okay=False)
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


def add_to(cli: click.Group) -> None:
    """Register the group."""
    cli.add_command(estimate)


@click.group()
def estimate() -> None:
    """How good the estimate of a running job is."""


class Greedy(click.Command):
    """``--learn A B C`` takes all that follow (a shell gives `*` so), as long as that leaves traces to replay."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Put ``--learn`` before each of its values, then parse as usual."""
        runs, others, index = [0] * len(args), 0, 0
        while index < len(args):
            end = index + 1
            if args[index] == "--learn":
                while end < len(args) and not args[end].startswith("-"):
                    end += 1
                runs[index] = end - index - 1
            elif args[index] == "--gcode":
                end = index + 2
            elif not args[index].startswith("-"):
                others += 1
            index = end
        spread = []
        for index, word in enumerate(args):
            spread.append(word)
            if runs[index] > 1 and others:
                values = args[index + 1 : index + 1 + runs[index]]
                args[index + 1 : index + 1 + runs[index]] = [""] * len(values)
                spread += [each for value in values for each in ("--learn", value)][1:]
        return super().parse_args(context, [word for word in spread if word])


@estimate.command(cls=Greedy)
@click.argument("traces", nargs=-1, required=True, type=TRACE)
@click.option("--gcode", type=FOLDER, help="The machine code that ran. Else: the folder gcode beside each trace.")
@click.option("--learn", "learn_from", multiple=True, type=TRACE, help="Learn from these runs first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each trace, and one for ALL.")
def replay(traces: tuple[Path, ...], gcode: Path | None, learn_from: tuple[Path, ...], as_json: bool) -> None:
    """Replay TRACES in this order as if they ran now: each run that ends well is learned from before the next.

    All figures are shares of the job's length: the mean error of the remaining time, the error when 10 … 90 % had
    really passed, how often the 80 % window held and how wide it was, the worst rise without a reason.
    """
    if not as_json:
        click.echo(_head())
    for row in replay_all(traces, gcode, learn_from, lambda error: click.echo(error.sentence, err=True)):
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _said(row))


def _head() -> str:
    names = ["error", *(f"at {m}%" for m in MOMENTS), "held", "width", "jump", *(_short(name) for name in BASELINES)]
    return f"{'% of the job':24}" + "".join(f"{name:>9}" for name in names)


def _short(name: str) -> str:
    return {"linear_bytes": "bytes", "slicer_minus_elapsed": "slicer"}.get(name, name)


def _said(row: dict[str, Any]) -> str:
    at = [row["at"].get(str(moment)) for moment in MOMENTS]
    others = [row["baselines"][name] for name in BASELINES]
    figures = [row["mae"], *at, row["coverage80"], row["width80"], row["worst_jump"], *others]
    return f"{row['trace'][:24]:24}" + "".join("        –" if one is None else f"{100 * one:9.1f}" for one in figures)
