"""``craftops mail sign-in``: a mail account that takes no passwords grants us its mails."""

from __future__ import annotations

from pathlib import Path

import click

from craftops.errors import CraftOpsError
from craftops.sdk.device_sign_in import SignInServer, await_grant, begin, microsoft
from craftops.sdk.mail_tokens import write_grant


def add_to(group: click.Group) -> None:
    """Register the command."""
    group.add_command(sign_in)


@click.command("sign-in")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--client-id", required=True, help="Id of the application that you have registered at the provider.")
@click.option("--client-secret", default="", help="Its secret, if it has one.")
@click.option("--tenant", default="organizations", show_default=True, help="Microsoft 365: your organization.")
@click.option("--device-url", default="", help="Another provider: where it gives codes (RFC 8628).")
@click.option("--token-url", default="", help="Another provider: where it gives tokens.")
@click.option("--scope", default="", help="Another provider: what to ask for.")
def sign_in(
    file: Path, client_id: str, client_secret: str, tenant: str, device_url: str, token_url: str, scope: str
) -> None:
    """Sign in to a mail account by a code that you type in at its provider, and keep the grant in FILE.

    Name FILE as token_file of [plugin.channel_email] and [plugin.notify_email].
    """
    server = SignInServer(device_url, token_url, scope) if device_url or token_url else microsoft(tenant)
    if not (server.device_url and server.token_url and server.scope):
        raise CraftOpsError("Another provider needs all of --device-url, --token-url and --scope.")
    code = begin(server, client_id)
    click.echo(f"Open {code.address} on any device, sign in as the mail account, and type in: {code.code}")
    write_grant(file, await_grant(server, client_id, code, client_secret=client_secret))
    click.echo(f"Done. Name {file} as token_file in shop.toml, and start CraftOps again.")
