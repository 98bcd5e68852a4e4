"""Commands that keep running."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from craftops.cli.common import ShopLocation, pass_place
from craftops.config import Config, load_config
from craftops.domain.people.access import Scope
from craftops.errors import CraftOpsError
from craftops.processes import child
from craftops.processes.becoming import become
from craftops.processes.lifeline import DEMO, DEMO_SPEED, set_up_log
from craftops.processes.ports import free_port, with_ports

if TYPE_CHECKING:
    from craftops.sdk.notification import Notice
    from craftops.services.messages.delivery import NoticeDraft

# What opens and fills a shop is imported by the commands that do so: the processes that go on begin in this file, too,
# and keep what they have imported for as long as they live.
DEMO_FILE = "demo.json"
STRIPE_KEY, STRIPE_SECRET = "sk_test_local", "whsec_local"
POST_KEY, POST_SECRET = "EZTKlocal", "sécret-local"
"""What the local Stripe of ``craftops.testing`` takes for a test key, and signs its webhooks with."""
DEMO_TOML = """# Made by `craftops demo`.
[server]
port = {port}

[broker]
port = 0

[plugins]
enabled = [
    "theme_workshop", "theme_atelier", "theme_blueprint", "theme_pebble",
    "analyzer_mesh", "analyzer_drawing", "machine_mqtt", "machine_manual",
    "machine_simulated", "machine_octoprint", "machine_moonraker", "machine_prusalink", "notify_email", "channel_email",
    "payment_stripe", "payment_transfer", "payment_manual", "carrier_flat_rate", "carrier_manual", "carrier_easypost",
]

[theme]
name = "{theme}"

[people]
new_customers = "open"

[rates.machine_hour]
fdm = "3.50"
laser = "32"
cnc = "48"

[rates.kilogram]
pla = "24"
petg = "26"
aluminium = "9.50"

[rates.square_metre]
plywood = "18"

[plugin.machine_simulated]
speed = {speed}

# A Stripe of our own runs beside the demo; it moves no money.
[plugin.payment_stripe]
secret_key = "{key}"
webhook_secret = "{secret}"
api_base = "http://127.0.0.1:{stripe}"

# An EasyPost of our own, too; its labels carry nothing.
[plugin.carrier_easypost]
api_key = "{post_key}"
webhook_secret = "{post_secret}"
api_base = "http://127.0.0.1:{post}"

[[plugin.carrier_flat_rate.zones]]
name = "Germany"
countries = ["DE"]

[[plugin.carrier_flat_rate.zones.services]]
key = "small"
title = "Parcel up to 2 kg"
network = "dhl_paket"
days = 2
bands = [{{ up_to_g = 2000, price = "5.49" }}]

[[plugin.carrier_flat_rate.zones.services]]
key = "large"
title = "Parcel up to 10 kg"
network = "dhl_paket"
days = 2
bands = [{{ up_to_g = 5000, price = "7.49" }}, {{ up_to_g = 10000, price = "10.49" }}]

[plugin.payment_transfer]
holder = "Fabrik Nord GmbH"
iban = "DE89 3704 0044 0532 0130 00"
bic = "COBADEFF"
"""


def add_to(cli: click.Group) -> None:
    """Register the commands."""
    for command in (run, demo, web, worker, bridge, broker):
        cli.add_command(command)


def _begun(name: str, place: ShopLocation) -> Config:
    """The configuration, and a log of the form that it asks for."""
    config = place.config()
    set_up_log(name, config.document.server.log_format)
    return config


@click.command()
@pass_place
def run(place: ShopLocation) -> None:
    """The whole shop: web, worker, bridge and broker, supervised."""
    from craftops.processes.failed_starts import open_at_last
    from craftops.services.shop.upgrading import note_version
    from craftops.store.database import close_database, connected
    from craftops.store.migrating import migrate

    shop, config = open_at_last(_begun("run", place))
    done, saved = migrate(config.data)
    note_version(config)
    with connected():
        is_set_up = shop.is_set_up()
    close_database()
    if saved:
        click.echo(f"The database was brought up to date; a copy from before lies in {saved}.", err=True)
    elif done:
        click.echo("The database is new.", err=True)
    config = with_ports(config)
    if is_set_up:
        become(config, f"Your shop is open at {config.base_url}  (Ctrl-C closes it)")
    elif sys.stdout.isatty():
        become(config, f"Set your shop up at {config.setup_address}  (Ctrl-C closes it)")
    else:  # a journal or a container's log is read by more people than may become the owner
        become(config, "Set your shop up: `craftops setup` prints the address.")


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Keep the demo in this folder.")
@click.option("--port", default=0, show_default="a free one", help="Port of the pages.")
@click.option("--theme", default="workshop", show_default=True, help="workshop, atelier, blueprint or pebble.")
@click.option("--json", "as_json", is_flag=True, help="Print addresses and credentials as one line of JSON.")
@click.option("--speed", default=DEMO_SPEED, show_default=True, help="Machine seconds in one second.")
@pass_place
def demo(place: ShopLocation, data: Path | None, port: int, theme: str, as_json: bool, speed: float) -> None:
    """A living shop with sample data, on a throwaway folder."""
    os.environ[DEMO] = "1"
    set_up_log("demo")
    logging.getLogger("peewee.migrations").setLevel(logging.WARNING)  # forty lines that say nothing to a newcomer
    if data := data or place.data:
        _demo_in(data.resolve(), port, theme, as_json, speed)
        return
    with tempfile.TemporaryDirectory(prefix="craftops-demo-", ignore_cleanup_errors=True) as folder:
        _demo_in(Path(folder), port, theme, as_json, speed, throwaway=folder)  # whoever it becomes deletes it


def _demo_in(folder: Path, port: int, theme: str, as_json: bool, speed: float, throwaway: str = "") -> None:
    from craftops.bridges.broker.choice import broker_address

    folder.mkdir(parents=True, exist_ok=True)
    toml = folder / "shop.toml"
    if not toml.exists():
        beside = {"stripe": free_port("127.0.0.1"), "post": free_port("127.0.0.1")}
        keys = {"key": STRIPE_KEY, "secret": STRIPE_SECRET, "post_key": POST_KEY, "post_secret": POST_SECRET}
        toml.write_text(DEMO_TOML.format(port=port, theme=theme, speed=speed, **beside, **keys))
    config = load_config(data=folder, file=toml)
    if port:
        server = config.document.server.model_copy(update={"port": port})
        config = config.model_copy(update={"document": config.document.model_copy(update={"server": server})})
    config = with_ports(config)
    made = _filled(config)
    base, broker = config.base_url, config.document.broker
    told = {
        "portal": f"{base}/",
        "staff": f"{base}/staff/",
        "api": f"{base}/api/v1/openapi.json",
        "broker": {"host": broker_address(broker).host, "port": broker.port},
        "data": str(folder),
        **made,
    }
    become(config, json.dumps(told) if as_json else _for_people(told), _beside(config), throwaway)


STAND_INS = {"stripe": "payment_stripe", "easypost": "carrier_easypost"}
"""Name of a local stand-in for somebody outside -> the plugin that calls it."""


def _beside(config: Config) -> dict[str, list[str]]:
    """The local Stripe and the local EasyPost of the demo, as its ``shop.toml`` names them."""
    hooks = {"stripe": "/webhooks/stripe", "easypost": "/webhooks/carriers/easypost"}
    found = {}
    for name, plugin in STAND_INS.items():
        at = urlsplit(str(config.document.plugin.get(plugin, {}).get("api_base", "")))
        if at.hostname != "127.0.0.1" or at.port is None:
            continue
        hook = f"http://127.0.0.1:{config.document.server.port}{hooks[name]}"
        remembered = str(config.data / f"{name}.json")
        found[name] = [f"craftops.testing.{name}", "--port", str(at.port), "--webhook", hook, "--state", remembered]
    return found


def _filled(config: Config) -> dict[str, object]:
    """The demo's passwords; an empty folder is filled first."""
    from craftops import sandbox
    from craftops.app import duties
    from craftops.bootstrap import open_shop
    from craftops.processes.sample_shop import fill, to_json
    from craftops.services.billing import printing
    from craftops.services.people import accounts
    from craftops.store.database import close_database, utcnow
    from craftops.store.doorbell import Doorbell, bell_folder
    from craftops.store.migrating import migrate
    from craftops.tasks.worker import Worker

    keep = config.data / DEMO_FILE
    shop = open_shop(config)
    migrate(config.data)
    if not keep.exists():
        click.echo("Making a sample shop …", err=True)
        bell = Doorbell(bell_folder(config.data), "demo")
        sample = fill(
            shop, Worker(shop, bell, duties(), analyse=sandbox.analyse, mend=sandbox.mend, render=_nobody), now=utcnow()
        )
        sandbox.close()
        printing.dismiss_judge()
        bell.close()
        token = accounts.create_token("demo", frozenset(Scope), at=utcnow())
        keep.touch(mode=0o600)
        keep.write_text(json.dumps({**to_json(sample), "token": token}))
    close_database()
    made: dict[str, object] = json.loads(keep.read_text())
    return made


def _nobody(draft: NoticeDraft) -> Notice:
    raise CraftOpsError(f"The sample shop sends no mail, and {draft.key} wanted to.")


def _for_people(told: dict[str, object]) -> str:
    lines = ["", f"  The demo shop is open:  {told['portal']}", ""]
    people: list[dict[str, str]] = told["people"]  # type: ignore[assignment]
    for one in people:
        lines.append(f"    {one['role']:<9} {one['email']:<24} {one['password']}")
    lines += ["", f"  Staff begin at {told['staff']}, the API at {told['api']}", "  Ctrl-C closes it.", ""]
    return "\n".join(lines)


@click.command()
@pass_place
def web(place: ShopLocation) -> None:
    """Only the pages and the API."""
    child.run("web", place.config())


@click.command()
@pass_place
def worker(place: ShopLocation) -> None:
    """Only the worker."""
    child.run("worker", place.config())


@click.command()
@pass_place
def bridge(place: ShopLocation) -> None:
    """Only the bridge to the machines."""
    child.run("bridge", place.config())


@click.command()
@pass_place
def broker(place: ShopLocation) -> None:
    """Only our own MQTT broker."""
    child.run("broker", place.config())
