"""Contexts of the pages at a machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import request, url_for
from flask_babel import gettext as _

from craftops.domain.production.jobs import ACTIVE, JobState
from craftops.sdk.machine import CommandKind
from craftops.store.models import MachineRow
from craftops.store.queries import production
from craftops.web.contexts import HandPanel, SignPage
from craftops.web.present.common import Sight
from craftops.web.present.staff import job_line, machine_card

BAD = (CommandKind.FAIL.value, CommandKind.CANCEL.value)
ORDER = [kind.value for kind in (CommandKind.START, CommandKind.RESUME, CommandKind.FINISH, CommandKind.PAUSE)]


def hand_panel(machine: MachineRow, sight: Sight) -> HandPanel:
    """What can be done at a machine now."""
    card = machine_card(machine, sight)
    queue = production.queue_of(machine.id)
    active = next((row for row in queue if JobState(row.state) in ACTIVE), None)
    job = active or next((row for row in queue if row.state == JobState.QUEUED.value), None)
    able = [one for one in card.commands if one.allowed]
    good = sorted((one for one in able if one.kind not in BAD), key=lambda one: ORDER.index(one.kind))
    why_not = ""
    if not able:
        why_not = _("It reports by itself, and takes no commands.") if job else _("No job waits for this machine.")
    return HandPanel(
        card=card,
        job=job_line(job, sight, []) if job else None,
        running=active is not None,
        since=active.started_at if active else None,
        good=tuple(good),
        bad=tuple(one for one in able if one.kind in BAD),
        why_not=why_not,
        url=url_for("staff.hand", key=machine.key),
    )


def sign_page(machine: MachineRow, sight: Sight) -> SignPage:
    """The sheet for a machine. Its address is that of the configuration, else the one that staff have typed."""
    root = sight.shop.config.document.server.base_url or request.url_root
    address = root.rstrip("/") + url_for("staff.hand", key=machine.key)
    return SignPage(
        name=machine.name,
        key=machine.key,
        address=address,
        code=qr_svg(address, _("QR code of %(address)s", address=address)),
        warning=_("No phone reaches this address: it means the computer itself. Set base_url under [server].")
        if _is_own(address)
        else "",
        back_url=url_for("staff.machine", key=machine.key),
    )


def _is_own(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def qr_svg(text: str, title: str) -> str:
    """A QR code as an SVG element without any style, so that the content security policy lets it be. 4 modules of quiet
    zone, error correction M (a scratched sheet still reads)."""
    import segno  # only this page needs it

    made = segno.make(text, error="m", micro=False, boost_error=True)
    return made.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None, title=title)
