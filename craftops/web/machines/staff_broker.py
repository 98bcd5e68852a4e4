"""The owner's page of the broker: what it is, where machines find it, and who speaks through it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, url_for

from craftops.store.queries import machine_pages
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop
from craftops.web.machines.staff import broker_address


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
    machines: tuple[BrokerMachine, ...]


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/broker", view_func=broker)


def broker() -> str:
    """How it stands."""
    actor().must_be_owner()
    shop = current_shop()
    table = shop.config.document.broker
    address, kind = broker_address()
    facts = [
        (_("Kind"), f"{kind} ({table.url})" if table.url in ("auto", "mosquitto", "embedded") else kind),
        (_("Machines find it at"), f"{address.host}:{address.port}"),
        (_("Encrypted"), _("port %(n)s", n=table.tls_port) if table.tls_port else _("no")),
        (_("Tells Home Assistant"), _("yes") if table.home_assistant else _("no")),
    ]
    through = {name for name, driver in shop.plugins.machine_drivers.items() if driver.uses_broker}
    machines = tuple(
        BrokerMachine(row.name, url_for("staff.machine", key=row.key), row.online, row.heard_at, row.refused)
        for row in machine_pages.machines()
        if row.driver in through
    )
    return render_template(
        "staff/broker.html", page=BrokerPage(tuple(facts), machines), live=url_for("live.stream", page="staff/machines")
    )
