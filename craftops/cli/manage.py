"""Commands that do one thing and end."""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import click

from craftops.bootstrap import open_shop
from craftops.bridges.broker.base import HOME_ASSISTANT, home_assistant_password
from craftops.bridges.broker.choice import parse_external
from craftops.cli.common import ShopLocation, pass_place
from craftops.config import load_config
from craftops.config_tables import BrokerTable
from craftops.domain.people.access import SYSTEM, Role, Scope
from craftops.domain.people.audit import Deed
from craftops.errors import CraftOpsError
from craftops.example import example_toml
from craftops.processes.doctor import examine
from craftops.processes.doctor_place import place_faults
from craftops.sandbox.bounds import strength
from craftops.services.people import accounts, second_factor
from craftops.store.auditing import note
from craftops.store.database import close_database, connected, utcnow
from craftops.store.migrating import applied
from craftops.store.migrating import migrate as bring_up
from craftops.store.models import AccountRow, ApiTokenRow

CLEAR = "\r\x1b[K"
"""Back to the beginning of the line of a terminal, and nothing left on it."""


def add_to(cli: click.Group) -> None:
    """Register the commands."""
    for command in (doctor, token, user, config, home_assistant, setup):
        cli.add_command(command)


@click.command()
@pass_place
def setup(place: ShopLocation) -> None:
    """Print the address where the owner sets the shop up, with its code."""
    settings = place.config()
    shop = open_shop(settings)
    bring_up(settings.data)
    with connected():
        done = shop.is_set_up()
    close_database()
    if done:
        raise click.ClickException("This shop is set up already.")
    click.echo(settings.setup_address)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@pass_place
def doctor(place: ShopLocation, as_json: bool) -> None:
    """Check everything that must hold; changes nothing. Exit code 1 when something is wrong."""
    settings = place.config()
    findings = place_faults(settings)
    if not any(one.final for one in findings):
        watched = sys.stderr.isatty()
        shop = open_shop(settings)
        told = examine(shop, at=utcnow(), tell=_on_one_line) if watched else examine(shop, at=utcnow())
        close_database()
    else:
        watched, told = False, []
    _say([*(one.sentence for one in findings), *told], as_json, watched)


def _say(findings: list[str], as_json: bool, watched: bool) -> None:
    if watched:
        click.echo(CLEAR, err=True, nl=False)
    if as_json:
        click.echo(json.dumps({"findings": findings}))
    else:
        if watched:
            click.echo(f"What reads customers' files is bound by {strength()}.", err=True)
        for finding in findings:
            click.echo(f"- {finding}")
        click.echo("All is well." if not findings else f"{len(findings)} findings.")
    sys.exit(1 if findings else 0)


def _on_one_line(words: str) -> None:
    click.echo(f"{CLEAR}Looking at {words} …", err=True, nl=False)


def _broker(place: ShopLocation) -> BrokerTable:
    """As the owner keeps it; a shop that was never opened has kept nothing."""
    try:
        with place.shop() as shop:
            return shop.broker
    except CraftOpsError:
        return place.config().document.broker


@click.command("home-assistant")
@pass_place
def home_assistant(place: ShopLocation) -> None:
    """How Home Assistant signs in to the broker of this shop."""
    table, key = _broker(place), place.config().keys().broker
    if not table.home_assistant:
        raise CraftOpsError(
            "Home Assistant is told nothing. Switch it on under Settings, Broker, or write "
            "home_assistant = true under [broker] in shop.toml."
        )
    if parse_external(table.url) is not None:
        click.echo("The broker is not ours: make a user there that may read homeassistant/# and craftops/ha/#,")
        click.echo("and let the user of CraftOps write to both.")
        return
    click.echo(f"Broker    {table.host}:{table.port or '(a free one at each start: give it a port)'}")
    click.echo(f"User      {HOME_ASSISTANT}")
    click.echo(f"Password  {home_assistant_password(key)}")


@click.group()
def token() -> None:
    """Tokens of the API."""


@token.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([one.value for one in Scope]),
    required=True,
    help="What it lets a program do; several times.",
)
@click.option("--customer", help="E-mail of the customer whose things alone it may see.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days that it is good for; for ever without.")
@pass_place
def create_token(
    place: ShopLocation, name: str, scopes: tuple[str, ...], customer: str | None, days: int | None
) -> None:
    """Make a token; it is printed this once."""
    with place.shop():
        owner = None
        if customer:
            owner = AccountRow.get_or_none(AccountRow.email == customer.lower(), AccountRow.role == Role.CUSTOMER.value)
            if owner is None:
                raise CraftOpsError(f"There is no customer {customer}.")
        until = utcnow() + timedelta(days=days) if days else None
        click.echo(accounts.create_token(name, frozenset(map(Scope, scopes)), at=utcnow(), customer=owner, until=until))


@token.command("list")
@pass_place
def list_tokens(place: ShopLocation) -> None:
    """All tokens, without their secrets."""
    with place.shop():
        for row in ApiTokenRow.select().order_by(ApiTokenRow.id):
            state = "revoked" if row.revoked_at else f"used {row.used_at:%Y-%m-%d}" if row.used_at else "never used"
            end = f", until {row.expires_at:%Y-%m-%d}" if row.expires_at else ""
            click.echo(f"{row.id:>4}  {row.name:<24} {' '.join(row.scopes)}  ({state}{end})")


@token.command("revoke")
@click.argument("number", type=int)
@pass_place
def revoke_token(place: ShopLocation, number: int) -> None:
    """End a token for good."""
    with place.shop():
        if not accounts.revoke_token(number, at=utcnow()):
            raise CraftOpsError(f"There is no token {number} in use.")


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("create")
@click.argument("email")
@click.option("--name", required=True, help="What the person is called.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role if role is not Role.VISITOR]),
    default=Role.CUSTOMER.value,
    show_default=True,
    help="What the account may do.",
)
@click.option("--password", help="Asked for when left out; `-` makes an account that signs in by link only.")
@pass_place
def create_user(place: ShopLocation, email: str, name: str, role: str, password: str | None) -> None:
    """Make an account."""
    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with place.shop():
        secret = "" if password == "-" else password  # noqa: S105 - a dash says "none"
        row = accounts.create_account(email=email, name=name, role=Role(role), password=secret, at=utcnow())
        note(Deed.ACCOUNT_MADE, actor=SYSTEM, at=utcnow(), account=row.id, subject=row.email, after=role)


@user.command("password")
@click.argument("email")
@click.password_option(help="Asked for when left out.")
@pass_place
def set_password(place: ShopLocation, email: str, password: str) -> None:
    """Set a new password; it ends every session of the account."""
    with place.shop():
        row = AccountRow.get_or_none(AccountRow.email == email.lower())
        if row is None:
            raise CraftOpsError(f"There is no account {email}.")
        accounts.set_password(row, password, actor=SYSTEM)


@user.command("reset-second-factor")
@click.argument("email")
@pass_place
def reset_second_factor(place: ShopLocation, email: str) -> None:
    """Forget the authenticator app, the recovery codes and the passkeys of an account, and end its sessions: for
    somebody who has lost them all. Password or link let them in once more."""
    with place.shop():
        row = AccountRow.get_or_none(AccountRow.email == email.lower())
        if row is None:
            raise CraftOpsError(f"There is no account {email}.")
        second_factor.reset(row, actor=SYSTEM, at=utcnow())
    click.echo(f"{email} signs in without a second factor now. The sessions have ended.")


@user.command("list")
@pass_place
def list_users(place: ShopLocation) -> None:
    """All accounts."""
    with place.shop():
        for row in (
            AccountRow.select().where(AccountRow.role != Role.VISITOR.value).order_by(AccountRow.role, AccountRow.email)
        ):
            click.echo(f"{row.role:<9} {row.email:<32} {row.name}{'  (disabled)' if row.disabled else ''}")


@click.group()
def config() -> None:
    """The file shop.toml."""


@config.command("example")
def print_example() -> None:
    """Print a shop.toml with every setting, commented."""
    click.echo(example_toml(), nl=False)


@config.command("check")
@pass_place
def check(place: ShopLocation) -> None:
    """Read shop.toml and tell every fault of it."""
    settings = load_config(data=place.data, file=place.file)
    shop = open_shop(settings)
    with connected():
        over = bool(applied()) and shop.is_set_up() and "shop" in settings.document.model_fields_set
    close_database()
    click.echo(f"{settings.source or 'The defaults'} can be used.")
    if over:
        click.echo(
            "The shop is set up: what [shop] says is what the owner's Settings began with, and is not read again."
        )
        click.echo("Only its currency still counts, for [rates].")
