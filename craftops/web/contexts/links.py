"""What the pages of machines with an address get: how they are called, how a trial went, how the link stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.contexts.floor import FormField


@dataclass(frozen=True, slots=True)
class DormantDriver:
    """A plugin for machines that the shop has not enabled (``staff/drivers.html``)."""

    plugin: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class DriverChoice:
    """One way in which a machine reports (``staff/drivers.html``)."""

    title: str
    summary: str
    url: str


@dataclass(frozen=True, slots=True)
class TrialPanel:
    """How a trial stands; rendered alone for live updates (``staff/_trial.html``)."""

    id: int
    waiting: bool
    tone: str
    title: str
    sentence: str
    said: tuple[tuple[str, str], ...]
    """What the machine said, word by word: name, value."""
    again_url: str
    """The same page, for browsers without a script."""


@dataclass(frozen=True, slots=True)
class MachineForm:
    """``staff/machine_form.html``: a new machine, or the link of one."""

    title: str
    lead: str
    driver: str
    driver_title: str
    other_url: str
    """Where to pick another driver; empty when it cannot be changed."""
    fields: tuple[FormField, ...]
    link_fields: tuple[FormField, ...]
    action: str
    back_url: str
    submit: str
    error: str
    can_test: bool
    ask_title: str
    """"Ask OctoPrint for a key"; empty where a machine cannot be asked."""
    trial_token: str
    trial: TrialPanel | None


@dataclass(frozen=True, slots=True)
class ErrandLine:
    """What became of a command."""

    what: str
    tone: str
    word: str
    sentence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LinkPanel:
    """How the link of a machine stands; rendered alone for live updates (``staff/_machine_link.html``)."""

    key: str
    address: str
    state_word: str
    tone: str
    sentence: str
    since: datetime | None
    next_at: datetime | None
    crashes: int
    errands: tuple[ErrandLine, ...]
    edit_url: str
