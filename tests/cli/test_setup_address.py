"""The address of the first run is told where the shop is started, and only until it is set up."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from craftops.cli import cli
from craftops.config import load_config
from craftops.testing import Workshop


def test_the_address_of_the_first_run_has_the_code_in_it(tmp_path: Path) -> None:
    said = CliRunner().invoke(cli, ["--data", str(tmp_path), "setup"], env={"DATABASE_URL": ""})
    config = load_config(data=tmp_path, env={})
    assert said.exit_code == 0, said.output
    assert said.output.strip() == f"{config.base_url}/setup?code={config.setup_code()}"


def test_a_shop_that_is_set_up_has_none(workshop: Workshop) -> None:
    config = workshop.shop.config
    said = CliRunner().invoke(cli, ["--data", str(config.data), "setup"], env={"DATABASE_URL": config.database_url})
    assert said.exit_code == 1
    assert "set up already" in said.output
