"""The made-up shop: the estimate's gates, scaled down; `craftops estimate simulate` runs it whole."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from craftops.cli import cli

ARGUMENTS = ["estimate", "simulate", "--machines", "30", "--orders", "45", "--days", "28"]


@pytest.mark.ci
def test_the_gates_hold_and_the_slicer_alone_is_far_behind() -> None:
    said = CliRunner().invoke(cli, [*ARGUMENTS, "--json"])
    assert said.exit_code == 0, said.output
    done = json.loads(said.stdout)
    learned, slicer = done["learned"], done["slicer"]
    assert learned["judged"] > 150
    assert 0.75 <= learned["inside"] <= 0.85, "80 % would be; cold weeks at the beginning are in it"
    assert learned["after"] <= 0.13, "10 % would be"
    assert learned["kept"] == pytest.approx(learned["inside"] + learned["before"])
    assert learned["median_width_h"] <= 0.7 * learned["one_spread_width_h"], "one spread over plans holds as many"
    assert 0.35 <= learned["before_p50"] <= 0.6, "its middle is a middle"
    assert learned["median_changes"] <= 2
    assert learned["most_changes"] <= 6
    assert learned["kept"] - slicer["kept"] >= 0.2
    assert learned["median_error_h"] <= 0.6 * slicer["median_error_h"]


def test_it_says_the_same_as_a_table() -> None:
    small = ["estimate", "simulate", "--machines", "3", "--orders", "3", "--days", "4", "--seed", "5"]
    said = CliRunner().invoke(cli, small)
    assert said.exit_code == 0, said.output
    assert "ready inside the window (P10 to P90) at acceptance" in said.stdout
    assert "ready by its end, the promise: inside or before" in said.stdout
    again = CliRunner().invoke(cli, small)
    assert said.stdout == again.stdout
