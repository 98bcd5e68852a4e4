"""``python -m craftops.testing.stripe``: a local Stripe for a demonstration, or for the tests of another language."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import click

from craftops.processes.lifeline import follow_parent
from craftops.testing.stripe.server import LocalStripe, serve


@click.command()
@click.option("--port", default=4242, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--webhook", "webhooks", multiple=True, help="Address that is told of every event; may be given again.")
@click.option("--state", type=click.Path(path_type=Path), help="File that it remembers everything in.")
@click.option("--debit-seconds", type=float, default=20.0, show_default=True, help="Until a bank debit settles; below 0: only when told.")  # fmt: skip
@click.option("--public", default="", help="Address by which browsers reach it, where that is another.")
def main(
    port: int, host: str, webhooks: tuple[str, ...], state: Path | None, debit_seconds: float, public: str
) -> None:
    """Run it until Ctrl-C; its address, key and signing secret are printed as one line of JSON."""
    settles = debit_seconds if debit_seconds >= 0 else None
    try:
        stripe = LocalStripe(
            port=port, host=host, webhooks=webhooks, state=state, debit_s=settles, public=public
        ).start()
    except OSError as error:
        raise click.ClickException(f"It cannot listen on {host}:{port}: {error.strerror}.") from error
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    told = {"address": stripe.address, "secret_key": stripe.key, "webhook_secret": stripe.secret, "webhooks": webhooks}
    click.echo(json.dumps(told))
    follow_parent()
    serve(stripe)


if __name__ == "__main__":
    main()
