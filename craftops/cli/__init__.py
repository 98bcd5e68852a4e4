"""``craftops …``: everything that an operator does on a command line."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

import click

from craftops import __version__
from craftops.cli.common import ShopLocation
from craftops.errors import CraftOpsError

MODULES = {
    "run": ("run", "demo", "web", "worker", "bridge", "broker"),
    "manage": ("doctor", "token", "user", "config", "home-assistant", "setup"),
    "plugins": ("plugins",),
    "files": ("intake",),
    "gcode": ("gcode",),
    "estimate": ("estimate",),
    "mail": ("mail",),
    "bank": ("bank",),
    "backup": ("backup", "restore", "go-live"),
    "key": ("key",),
    "upgrade": ("migrate", "upgrade"),
    "exchange": ("export", "import"),
    "own_commands": ("x",),
    "theme": ("theme",),
    "docs": ("docs",),
    "components": ("components",),
    "assistant": ("mcp",),
}
"""Module of this package -> the commands that its ``add_to`` registers."""


class Commands(click.Group):
    """A group whose modules are imported when one of their commands is asked for: ``craftops web`` is a process that
    goes on, and would keep them all."""

    def list_commands(self, context: click.Context) -> list[str]:
        """All, by name."""
        return sorted({name for names in MODULES.values() for name in names} | set(self.commands))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of this name, if there is one."""
        module = next((module for module, names in MODULES.items() if name in names), None)
        if module is not None and name not in self.commands:
            import_module(f"craftops.cli.{module}").add_to(self)
        return super().get_command(context, name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
    context.obj = ShopLocation(data, file, safe)


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
