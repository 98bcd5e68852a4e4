"""What templates get of machines: cards, pages, links and their tests, the pages at a machine, cameras."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import Choice, FormField
from craftops.web.production.views import JobLine


@dataclass(frozen=True, slots=True)
class CommandButton:
    """A button for a machine."""

    kind: str
    label: str
    icon: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class CardJob:
    """The job that a machine is at, on its card."""

    code: str
    title: str
    order_url: str


@dataclass(frozen=True, slots=True)
class MachineCard:
    """A machine in the list; rendered alone for live updates (``staff/_machine_card.html``)."""

    key: str
    name: str
    url: str
    process: str
    process_icon: str
    driver: str
    state: str
    state_word: str
    tone: str
    percent: int | None
    moving: str
    """How it goes on by the clock (``Moving``), or empty."""
    remaining: str
    job: CardJob | None
    queued: int
    next_title: str
    last_heard: datetime | None
    stale: str
    refused: int
    message: str
    commands: tuple[CommandButton, ...]


@dataclass(frozen=True, slots=True)
class RefusedWord:
    """A message that broke the contract."""

    at: datetime
    code: str
    sentence: str
    raw: str


@dataclass(frozen=True, slots=True)
class Credential:
    """A machine's broker credential, shown once."""

    username: str
    password: str
    host: str
    port: int
    line: str
    """A ready ``mosquitto_pub`` command."""


@dataclass(frozen=True, slots=True)
class MachinePage:
    """``staff/machine.html``."""

    card: MachineCard
    queue: tuple[JobLine, ...]
    recent: tuple[JobLine, ...]
    refused: tuple[RefusedWord, ...]
    unclaimed: str
    """A run that no job explains, as a sentence, or empty."""
    unclaimed_run: str
    """Which run that is, for the form that answers."""
    claim_choices: tuple[Choice, ...]
    credential: Credential | None
    uses_broker: bool
    topic: str
    broker: str
    """"mosquitto on 127.0.0.1:18830"; empty while there is none."""
    last_raw: str
    enabled: bool
    advice: str = ""
    """What is to be set up at the machine, as sentences."""
    arrival: str = ""
    """What has come of a machine whose credential was just made, as a sentence."""
    by_hand: bool = False
    """People press its buttons, at the machine if they like."""
    settings_url: str = ""
    """Where the settings of its driver are changed; empty where there are none."""
    bed: str = ""
    """"250 × 210 × 220"; empty while nobody has said."""


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
class CommandLine:
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
    errands: tuple[CommandLine, ...]
    edit_url: str


@dataclass(frozen=True, slots=True)
class HandPanel:
    """The job at hand and what can be pressed; rendered alone for live updates (``staff/_hand.html``)."""

    card: MachineCard
    job: JobLine | None
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


@dataclass(frozen=True, slots=True)
class SharedFrame:
    """What the camera of one job sees, for its customer; ``url`` is empty while there is nothing to see."""

    url: str
    title: str
    taken_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class SharedCamera:
    """The shared cameras of an order; rendered alone for live updates (``portal/_camera.html``)."""

    code: str
    frames: tuple[SharedFrame, ...]


@dataclass(frozen=True, slots=True)
class CameraPanel:
    """A machine's camera, for staff; rendered alone for live updates (``staff/_camera.html``)."""

    key: str
    url: str
    """Empty while there is no picture."""
    sha256: str
    taken_at: datetime | None
    sentence: str
    """Why there is no newer picture, or none at all."""
    job: str
    """Code of the job that a photo would be kept with; empty while none is on the machine."""
    shared: bool
    photos: int = 0
    """How many its order has: with each the caption's field is a new and empty one."""
