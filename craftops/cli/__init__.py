"""``craftops …``: everything that an operator does on a command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from craftops import __version__
from craftops.cli import (
    assistant,
    backup,
    bank,
    estimate,
    exchange,
    files,
    gcode,
    mail,
    manage,
    own_commands,
    plugins,
    run,
    theme,
    upgrade,
)
from craftops.cli.common import Place
from craftops.errors import CraftOpsError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="craftops")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The shop's folder (CRAFTOPS_DATA).")
@click.option(
    "--config", "file", type=click.Path(path_type=Path, dir_okay=False), help="Its shop.toml (CRAFTOPS_CONFIG)."
)
@click.option("--safe", is_flag=True, help="Leave out plugins that break at start.")
@click.pass_context
def cli(context: click.Context, data: Path | None, file: Path | None, safe: bool) -> None:
    """The server of a fabrication shop."""
    os.umask(0o077)  # what a shop writes is nobody else's on this computer, whatever the shell says
    context.obj = Place(data, file, safe)


run.add_to(cli)
manage.add_to(cli)
plugins.add_to(cli)
files.add_to(cli)
gcode.add_to(cli)
estimate.add_to(cli)
mail.add_to(cli)
bank.add_to(cli)
backup.add_to(cli)
upgrade.add_to(cli)
exchange.add_to(cli)
own_commands.add_to(cli)
theme.add_to(cli)
assistant.add_to(cli)


def main() -> None:
    """Entry point: our own errors are one sentence, not a traceback."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CraftOpsError as error:
        click.echo(error.sentence, err=True)
        sys.exit(1)
