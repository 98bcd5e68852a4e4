"""What the pages at a machine get: the buttons that its QR code opens on a phone, and the sheet with that code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.contexts.floor import CommandButton, JobRow, MachineCard


@dataclass(frozen=True, slots=True)
class HandPanel:
    """The job at hand and what can be pressed; rendered alone for live updates (``staff/_hand.html``)."""

    card: MachineCard
    job: JobRow | None
    """The job that runs, else the next one."""
    running: bool
    since: datetime | None
    good: tuple[CommandButton, ...]
    bad: tuple[CommandButton, ...]
    """That it failed or is stopped; a step away, so that no thumb slips onto it."""
    why_not: str
    """Why nothing can be pressed; empty when something can."""
    url: str


@dataclass(frozen=True, slots=True)
class SignPage:
    """``staff/sign.html``: to be printed and stuck to the machine."""

    name: str
    key: str
    address: str
    code: str
    """The QR code as SVG."""
    warning: str
    """Why no phone will reach the address; empty when one may."""
    back_url: str
