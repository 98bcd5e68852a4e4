"""Machines as the bridge follows them and as pages show them, what they are told, and links that are tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class RememberedMachine(Protocol):
    """A machine as far as what is remembered of its readings goes."""

    @property
    def memory(self) -> dict[str, Any] | None: ...


class MachineInService(Protocol):
    """A machine as far as it may be used."""

    @property
    def driver(self) -> str: ...
    @property
    def enabled(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class FollowedMachine:
    """A machine, how it is reached, and the last good word of it."""

    id: int
    key: str
    name: str
    driver: str
    process: str
    enabled: bool
    report_interval_s: float
    sealed_secret: str
    address: str
    settings: dict[str, Any] | None
    state: str
    online: bool | None
    memory: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class CommandedJob:
    """The job that a command is about."""

    id: int
    code: str
    state: str
    machine_id: int | None
    copies: int
    planned_s: float
    gcode_sha: str
    gcode_name: str
    part: str
    """The name of the file that it is made from; of a line without one, the line's title."""
    order_stage: str


@dataclass(frozen=True, slots=True)
class OpenCommand:
    """What staff want of a machine, and nobody has answered yet."""

    id: int
    kind: str
    intent: str
    asked_at: datetime
    state: str
    machine: FollowedMachine
    job: CommandedJob | None


@dataclass(frozen=True, slots=True)
class WaitingTrial:
    """A link that staff have typed in, to be called before it is saved."""

    id: int
    kind: str
    driver: str
    form: dict[str, Any]
    address: str
    settings: dict[str, Any] | None
    sealed_secret: str
    machine_key: str | None
    """Of the machine whose link is changed; None for a new one."""
    machine_name: str | None


@dataclass(frozen=True, slots=True)
class MachineView:
    """A machine, its link and the last good word of it, without anything that it signs in with."""

    id: int
    key: str
    name: str
    driver: str
    process: str
    enabled: bool
    report_interval_s: float
    address: str
    settings: dict[str, Any] | None
    link_state: str
    """connecting, connected, waiting, rejected, off; empty where there is no link."""
    link_sentence: str
    link_since: datetime | None
    link_next: datetime | None
    """When it is tried again."""
    link_crashes: int
    state: str
    online: bool | None
    heard_at: datetime | None
    memory: dict[str, Any] | None
    unclaimed_run: str
    unclaimed_why: str
    unclaimed_end: str
    refused: int
    """How many of its messages broke the contract."""
    bed: list[float] | None


@dataclass(frozen=True, slots=True)
class CameraView:
    """What a machine's camera saw last."""

    machine_id: int
    frame_sha: str
    """Empty until there is a picture."""
    frame_job_id: int | None
    """The job that surely ran, without a pause, from before the picture was taken until it was here."""
    taken_at: datetime | None
    sentence: str
    """Why there is no newer one; empty while the camera answers."""


@dataclass(frozen=True, slots=True)
class JobAtCamera:
    """The job that a machine is at, as far as its camera goes."""

    code: str
    camera_shared: bool
    photos: int
    """How many photos its order has."""


@dataclass(frozen=True, slots=True)
class JobForHands:
    """A job that waits for somebody to come to its machine."""

    machine_id: int
    code: str
    state: str
    run_key: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefusedWordView:
    """A message of a machine that broke the contract."""

    at: datetime
    code: str
    sentence: str
    said: str


@dataclass(frozen=True, slots=True)
class CommandView:
    """What staff wanted of a machine, and what became of it."""

    kind: str
    state: str
    error: str
    asked_at: datetime
    sent_at: datetime | None
    job_code: str | None


@dataclass(frozen=True, slots=True)
class LinkTrialView:
    """A test of a link as its page shows it, without the secrets that were typed."""

    id: int
    token: str
    kind: str
    driver: str
    machine_id: int | None
    form: dict[str, Any]
    address: str
    settings: dict[str, Any] | None
    state: str
    """waiting, trying, heard, failed."""
    sentence: str
    said: str
    """The reading that came, as JSON."""
    asked_at: datetime
    machine_key: str | None
    """Of the machine whose link is changed; None for a new one."""
