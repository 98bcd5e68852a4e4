"""``craftops mcp``: the shop for assistants."""

from __future__ import annotations

import sys

import click

from craftops.cli.common import ShopLocation, pass_place
from craftops.errors import CraftOpsError


def add_to(cli: click.Group) -> None:
    """Register the command."""
    cli.add_command(mcp_command)


@click.command("mcp")
@click.option("--port", type=click.IntRange(1, 65535), help="Serve HTTP on this port of this computer, not pipes.")
@pass_place
def mcp_command(place: ShopLocation, port: int | None) -> None:
    """Let an assistant read the shop and propose (Model Context Protocol)."""
    try:
        from craftops.processes import mcp_server
    except ImportError as error:
        raise CraftOpsError("The assistant's side is missing: pip install 'craftops[mcp]'.") from error
    with place.shop() as shop:
        if port is None:
            mcp_server.serve_pipes(shop)
        else:
            click.echo(f"http://127.0.0.1:{port}/mcp, for tokens of the shop", err=True)
            mcp_server.serve_port(shop, port)
    sys.stdout.flush()
