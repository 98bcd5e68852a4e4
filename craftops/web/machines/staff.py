"""Machines: what they do, their queues, buttons, credentials, refused words."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.machines.bed import parse_bed
from craftops.sdk.machine import BrokerAddress
from craftops.services.machines import cameras, commands, registry
from craftops.services.production import queueing
from craftops.store.queries import machine_pages
from craftops.store.together import together
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import actor, back, current_shop, sight
from craftops.web.machines import present, present_links
from craftops.web.machines.forms import BedForm, ButtonForm, ClaimForm, RunForm, ServiceForm
from craftops.web.machines.present import camera_panel, machine_cards
from craftops.web.schedule.present_capabilities import can_panel

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound
KEY = "<string(maxlength=32):key>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    for rule, view, methods in (
        ("/machines", machines, ["GET"]),
        (f"/machines/{KEY}", machine, ["GET"]),
        (f"/machines/{KEY}/command", machine_command, ["POST"]),
        (f"/machines/{KEY}/credential", rotate_credential, ["POST"]),
        (f"/machines/{KEY}/claim", claim_run, ["POST"]),
        (f"/machines/{KEY}/dismiss", dismiss_run, ["POST"]),
        (f"/machines/{KEY}/service", set_service, ["POST"]),
        (f"/machines/{KEY}/bed", set_bed, ["POST"]),
    ):
        blueprint.add_url_rule(rule, view_func=view, methods=methods)


def machines() -> str:
    """Every machine as a card."""
    cards = machine_cards(machine_pages.machines(), sight())
    live = url_for("live.stream", page="staff/machines")
    return render_template("staff/machines.html", cards=cards, live=live)


def broker_address() -> tuple[BrokerAddress, str]:
    """Where machines find the broker, and what it is; for people to copy."""
    shop = current_shop()
    table = shop.broker
    external = table.url not in ("auto", "mosquitto", "embedded")
    near = _name_of_this_computer(shop.config.base_url) if table.host in EVERYWHERE else table.host
    shown = table.url.rsplit("@", 1)[-1].split("://")[-1] if external else f"{near}:{table.port}"
    host, _colon, port = shown.rpartition(":")
    address = BrokerAddress(host or shown, int(port) if host and is_number(port) else 1883)
    return address, _("external broker") if external else _("built-in broker")


def _name_of_this_computer(base_url: str) -> str:
    """What machines may call it: as the pages are called, else its own name."""
    host = urlsplit(base_url).hostname or ""
    return socket.gethostname() if host in ("", "localhost", "127.0.0.1", "::1") else host


def machine(key: str) -> str:
    """One machine. A credential that was just made is shown on this page, once."""
    row = machine_pages.machine(key)
    if row is None:
        abort(404)
    fresh = session.pop("fresh_credential", None)
    secret = fresh["secret"] if fresh and fresh["key"] == key else ""
    address, kind = broker_address()
    cameras.watch(current_shop(), [row.id], [])
    with together("machine", now=sight().now, machine=row.id):
        return render_template(
            "staff/machine.html",
            page=present.machine_page(row, sight(), address, kind, secret),
            can=can_panel(row.key, sight()),
            link=present_links.link_panel(row),
            camera=camera_panel(row, sight()),
            live=url_for("live.stream", page=f"staff/machine/{key}"),
        )


def shown_once(key: str, secret: str) -> AnyResponse:
    """To the machine's page, which shows a secret that was just made, once."""
    if secret:
        session["fresh_credential"] = {"key": key, "secret": secret}
    return redirect(url_for("staff.machine", key=key), 303)


def machine_command(key: str) -> AnyResponse:
    """A button of a machine."""
    form = ButtonForm.sent()
    commands.command(current_shop(), key, form.kind, actor=actor(), at=sight().now, about=form.job)
    return redirect(back(url_for("staff.machine", key=key)), 303)


def rotate_credential(key: str) -> AnyResponse:
    """A new broker password; the old one ends at once."""
    secret = registry.rotate_credential(current_shop(), key, actor=actor(), at=sight().now)
    return shown_once(key, secret)


def claim_run(key: str) -> AnyResponse:
    """Say which job an unexplained run is."""
    form = ClaimForm.sent()
    commands.claim_run(current_shop(), key, form.job, actor=actor(), at=sight().now, run_key=form.run)
    return redirect(url_for("staff.machine", key=key), 303)


def dismiss_run(key: str) -> AnyResponse:
    """Say that an unexplained run is none of the shop's jobs."""
    queueing.dismiss_run(key, RunForm.sent().run, actor=actor(), at=sight().now)
    flash(_("Noted."), "good")
    return redirect(url_for("staff.machine", key=key), 303)


def set_service(key: str) -> AnyResponse:
    """Out of service, or back in."""
    registry.set_enabled(key, ServiceForm.sent().enabled, actor=actor(), at=sight().now)
    flash(_("Noted."), "good")
    return redirect(url_for("staff.machine", key=key), 303)


def set_bed(key: str) -> AnyResponse:
    """How large its parts may be."""
    registry.set_bed(key, parse_bed(BedForm.sent().bed), actor=actor(), at=sight().now)
    flash(_("Noted."), "good")
    return redirect(url_for("staff.machine", key=key), 303)
