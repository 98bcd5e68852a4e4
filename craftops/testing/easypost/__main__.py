"""``python -m craftops.testing.easypost``: a local EasyPost for a demonstration, or for the tests of another language."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import click

from craftops.processes.lifeline import follow_parent
from craftops.testing.easypost.server import LocalEasyPost


@click.command()
@click.option("--port", default=4343, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--webhook", "webhooks", multiple=True, help="Address that is told of every event; may be given again.")
@click.option("--state", type=click.Path(path_type=Path), help="File that it remembers everything in.")
def main(port: int, host: str, webhooks: tuple[str, ...], state: Path | None) -> None:
    """Run it until Ctrl-C; its address, key and signing secret are printed as one line of JSON."""
    try:
        local = LocalEasyPost(port=port, host=host, webhooks=webhooks, state=state).start()
    except OSError as error:
        raise click.ClickException(f"It cannot listen on {host}:{port}: {error.strerror}.") from error
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    told = {"address": local.address, "api_key": local.key, "webhook_secret": local.secret, "webhooks": webhooks}
    click.echo(json.dumps(told))
    follow_parent()
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        local.close()


if __name__ == "__main__":
    main()
