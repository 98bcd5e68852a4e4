"""The owner's page of the broker: what it is, where machines find it, whom it lets in, and who speaks through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.bridges.broker.base import find_mosquitto
from craftops.config_tables import BrokerTable
from craftops.services.shop import settings
from craftops.services.shop.context import BROKER, Shop
from craftops.store.queries import machine_pages
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.sent_form import typed
from craftops.web.frame.views import Choice, FormField
from craftops.web.machines.forms import BrokerForm
from craftops.web.machines.staff import EVERYWHERE, broker_address
from craftops.web.shop.kept_note import kept_note

OURS = ("auto", "mosquitto", "embedded")
HERE, ALL = "127.0.0.1", "0.0.0.0"  # noqa: S104 - what the owner chooses
HIGHEST = 65_535


@dataclass(frozen=True, slots=True)
class BrokerMachine:
    """A machine that speaks through the broker. ``online`` is None before it ever did."""

    name: str
    url: str
    online: bool | None
    heard_at: datetime | None
    refused: int


@dataclass(frozen=True, slots=True)
class BrokerPage:
    """``staff/broker.html``."""

    facts: tuple[tuple[str, str], ...]
    fields: tuple[FormField, ...]
    machines: tuple[BrokerMachine, ...]


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/broker", view_func=broker, methods=["GET", "POST"])


def broker() -> AnyResponse | tuple[str, int]:
    """How it stands, and what the owner changes of it."""
    actor().must_be_owner()
    shop, errors = current_shop(), dict[str, str]()
    if request.method == "POST":
        body, errors = _sent(shop)
        if not errors:
            if body != {name: getattr(shop.broker, name) for name in body}:
                settings.keep(shop, BROKER, body, actor=actor(), at=sight().now)
            flash(_("Kept. CraftOps starts its processes anew; machines are back within a minute."), "good")
            return redirect(url_for("staff.broker"), 303)
    page = BrokerPage(_facts(shop), _fields(shop.broker, errors, typed()), _machines(shop))
    live = url_for("live.stream", page="staff/machines")
    text = render_template("staff/broker.html", page=page, live=live, errors=errors, kept=kept_note(shop, BROKER))
    return text, 422 if errors else 200


def _facts(shop: Shop) -> tuple[tuple[str, str], ...]:
    table, (address, kind) = shop.broker, broker_address()
    if table.url in OURS:
        theirs = table.url != "embedded" and find_mosquitto() is not None
        kind = _("built-in broker: Mosquitto") if theirs else _("built-in broker: amqtt")
    return (
        (_("Kind"), kind),
        (_("Machines find it at"), f"{address.host}:{address.port}"),
        (_("Encrypted"), _("port %(n)s", n=table.tls_port) if table.tls_port else _("no")),
    )


def _machines(shop: Shop) -> tuple[BrokerMachine, ...]:
    through = {name for name, driver in shop.plugins.machine_drivers.items() if driver.uses_broker}
    return tuple(
        BrokerMachine(row.name, url_for("staff.machine", key=row.key), row.online, row.heard_at, row.refused)
        for row in machine_pages.machines()
        if row.driver in through
    )


def _sent(shop: Shop) -> tuple[dict[str, object], dict[str, str]]:
    """What is to be kept, and what is wrong with it. Of somebody else's broker only whom it tells is ours to say."""
    table, form, errors = shop.broker, BrokerForm.sent(), dict[str, str]()
    body: dict[str, object] = {"home_assistant": form.home_assistant}
    if table.url not in OURS:
        return body, errors
    port = form.port
    if form.host not in _hosts(table):
        errors["host"] = _("Choose one.")
    if not is_number(port) or not 1 <= int(port) <= HIGHEST:
        errors["port"] = _("Write a port from 1 to %(n)s.", n=HIGHEST)
    elif int(port) in (shop.config.document.server.port, table.tls_port):
        errors["port"] = _("Something else of this shop has that port.")
    return {"host": form.host, "port": int(port) if is_number(port) else 0, **body}, errors


def _hosts(table: BrokerTable) -> dict[str, str]:
    """What it may listen on; what an operator has written besides stays a choice."""
    words = {HERE: _("This computer alone"), ALL: _("Everybody in its networks")}
    return words if table.host in words or table.host in EVERYWHERE else {**words, table.host: table.host}


def _fields(table: BrokerTable, errors: Mapping[str, str], typed: Mapping[str, str]) -> tuple[FormField, ...]:
    told = typed.get("home_assistant", "1" if table.home_assistant else "0")
    answers = {"0": _("No"), "1": _("Yes: its user and password are printed by craftops home-assistant")}
    home = FormField(
        "home_assistant", _("Is Home Assistant told of the machines?"), "radio", told, "", "", True,
        tuple(Choice(value, said, value == told) for value, said in answers.items()),
    )  # fmt: skip
    if table.url not in OURS:
        return (home,)
    host = typed.get("host", ALL if table.host in EVERYWHERE else table.host)
    return (
        FormField("host", _("Who reaches it"), "radio", host,
                  _("Without TLS passwords of machines go over the network in clear."), errors.get("host", ""), True,
                  tuple(Choice(value, said, value == host) for value, said in _hosts(table).items())),
        FormField("port", _("Port"), "text", typed.get("port", str(table.port)), _("Usually 1883"),
                  errors.get("port", ""), True),
        home,
    )  # fmt: skip
