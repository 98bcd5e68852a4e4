"""``craftops estimate replay``: recorded runs through the live estimate, without a shop around it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from craftops.evaluation.replay import BASELINES, MOMENTS, replay_all

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

    All figures are shares of the job's length: the mean error of the remaining time, the same once nobody changed the
    speed any more (hands), the error when 10 … 90 % had really passed, how often the 80 % window held and how wide it
    was, the worst rise without a reason.
    """
    if not as_json:
        click.echo(_head())
    for row in replay_all(traces, gcode, learn_from, lambda error: click.echo(error.sentence, err=True)):
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _said(row))


@estimate.command()
@click.option("--seed", default=1, show_default=True, help="Another seed, another shop.")
@click.option("--machines", default=200, show_default=True, type=click.IntRange(3), help="How many it has.")
@click.option("--orders", default=1000, show_default=True, type=click.IntRange(1), help="Open at any time.")
@click.option("--days", default=90.0, show_default=True, type=click.FloatRange(1.0), help="How long it lives.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def simulate(seed: int, machines: int, orders: int, days: float, as_json: bool) -> None:
    """Let a made-up shop live, and hold what it told its customers against what came.

    Its machines take 0.7 to 1.6 times as long as their slicers say, 8 % of the runs fail, people start machines and
    work in opening hours only, and there are holidays. The same shop lives twice: with the estimate, and with somebody
    who believes the slicer and learns nothing.
    """
    # The other command needs no arrays, and starts sooner without them.
    from craftops.evaluation.simulation import simulate as live

    done = live(seed=seed, machines=machines, orders=orders, days=days, progress=_ticker() if not as_json else _quiet)
    if as_json:
        click.echo(json.dumps(done))
        return
    click.echo("\r      \r", nl=False, err=True)
    click.echo(f"{machines} machines, {orders} open orders, {days:g} days, seed {seed}")
    click.echo(f"{'':52}{'learned':>12}{'slicer':>12}")
    for key, (name, times, unit) in FIGURES.items():
        values = [done[who][key] for who in ("learned", "slicer")]
        said = ["–" if one is None else f"{times * one:.1f} {unit}".rstrip() for one in values]
        click.echo(f"{name:52}" + "".join(f"{one:>12}" for one in said))


FIGURES = {
    "judged": ("orders judged", 1, ""),
    "jobs": ("runs", 1, ""),
    "inside": ("ready inside the window (P10 to P90) at acceptance", 100, "%"),
    "before": ("  before its beginning", 100, "%"),
    "after": ("  after its end", 100, "%"),
    "kept": ("ready by its end, the promise: inside or before", 100, "%"),
    "before_p50": ("ready before its middle (P50)", 100, "%"),
    "median_error_h": ("median error of P50", 1, "h"),
    "median_bias_h": ("median of (ready − P50)", 1, "h"),
    "median_width_h": ("median width of the window", 1, "h"),
    "one_spread_width_h": ("  by one learned spread over the slicers' sums", 1, "h"),
    "median_wait_h": ("median time from acceptance to ready", 1, "h"),
    "median_changes": ("visible changes of an order, median", 1, ""),
    "mean_changes": ("visible changes of an order, mean", 1, ""),
    "most_changes": ("visible changes of an order, most", 1, ""),
}


def _quiet(_share: float) -> None:
    return


def _ticker() -> Callable[[float], None]:
    told = [-1]

    def tick(share: float) -> None:
        if int(100 * share) != told[0]:
            told[0] = int(100 * share)
            click.echo(f"\r{told[0]:3} %", nl=False, err=True)

    return tick


def _head() -> str:
    names = [
        "error",
        "hands",
        *(f"at {m}%" for m in MOMENTS),
        "held",
        "width",
        "jump",
        *(_short(name) for name in BASELINES),
    ]
    return f"{'% of the job':28}" + "".join(f"{name:>9}" for name in names)


def _short(name: str) -> str:
    return {"linear_bytes": "bytes", "slicer_minus_elapsed": "slicer"}.get(name, name)


def _said(row: dict[str, Any]) -> str:
    at = [row["at"].get(str(moment)) for moment in MOMENTS]
    others = [row["baselines"][name] for name in BASELINES]
    figures = [row["mae"], row["mae_after_hands"], *at, row["coverage80"], row["width80"], row["worst_jump"], *others]
    return f"{row['trace'][:28]:28}" + "".join("        –" if one is None else f"{100 * one:9.1f}" for one in figures)
