"""What a machine driver is. A driver that speaks over the broker is pure: how to listen, to read, to command.

The bridge holds one connection to the broker, hands a driver the messages of its own machines, and does what the
driver's answers say. Machines that CraftOps calls itself are in ``craftops.sdk.linked``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from threading import Event
from typing import ClassVar

from craftops.domain.machines.readings import DEFAULT_REPORT_INTERVAL_S, ProcessKind, Reading
from craftops.sdk.fields import LinkField


class CommandKind(StrEnum):
    """What staff can tell a machine to do, where its driver can pass it on."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"
    """Only for machines that people report for (``by_hand``): "it is done"."""
    FAIL = "fail"
    """Only for machines that people report for: "it failed"."""


@dataclass(frozen=True, slots=True)
class JobBrief:
    """What a machine may know of a job: never the customer, never their words."""

    code: str
    file: str
    copies: int
    planned_s: float


@dataclass(frozen=True, slots=True)
class Command:
    """One intent of staff for one machine. ``intent`` is unique: a repeated one is the same intent."""

    kind: CommandKind
    intent: str
    at: datetime
    job: JobBrief | None = None


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """One configured machine as its driver sees it. ``key`` is also its broker user name."""

    key: str
    name: str
    process: ProcessKind
    report_interval_s: float = DEFAULT_REPORT_INTERVAL_S
    secret: str = field(default="", repr=False)
    """The machine's own broker password; filled in only for drivers that ask with ``needs_secret``."""
    address: str = ""
    """Where a machine with an address is called: scheme, host, port, path, without a slash at the end."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The driver's other fields, by name (see ``craftops.sdk.linked.LinkField``)."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The driver's secret fields, by name, in the clear."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the MQTT broker listens."""

    host: str
    port: int
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Availability:
    """The link says that the machine came or went (a Last Will, a bare 0 or 1)."""

    online: bool
    at: datetime
    retained: bool = False
    """A broker replayed it: how it was when it was last said."""


@dataclass(frozen=True, slots=True)
class About:
    """What a machine tells of itself (contract topic ``meta``)."""

    at: datetime
    report_interval_s: float | None = None
    name: str = ""
    bridge: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that breaks the contract: counted and shown to staff, the last good reading kept.

    ``code`` is from a closed list: too_large, not_json, bad_version, bad_state, bad_value, unknown_topic,
    too_fast. ``sentence`` names the field and what was expected. ``end``: the run is over by it all the same, and
    nothing else of the message counts.
    """

    code: str
    sentence: str
    at: datetime
    raw: str = ""
    end: Reading | None = None


Word = Reading | Availability | About | Rejected
"""Everything that one message can mean."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One message to publish for a machine."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


class MachineDriver(ABC):
    """Code that talks to one kind of machine."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    commands: ClassVar[frozenset[CommandKind]] = frozenset()
    """What the staff pages offer."""
    by_hand: ClassVar[bool] = False
    """People report for it: a command is itself the reading (see ``press``)."""
    auto_start: ClassVar[bool] = False
    """Takes its next queued job by itself when it is idle (CraftOps sends START)."""
    needs_secret: ClassVar[bool] = False
    uses_broker: ClassVar[bool] = False
    """The machine signs in to the broker: a credential is made for it and shown once."""
    fields: ClassVar[tuple[LinkField, ...]] = ()
    """What staff fill in; the form, its checks and the sealing of secrets come from it."""
    report_interval_s: ClassVar[float] = DEFAULT_REPORT_INTERVAL_S
    """It says something at least this often, in seconds, as long as it says nothing else of it; three times as long
    is silence."""

    def faults(self, settings: Mapping[str, str]) -> dict[str, str]:
        """A sentence for each field whose value cannot be, beyond what its kind says; empty when all is well."""
        return {}

    def run_beside(self, machine: MachineFacts, broker: BrokerAddress) -> Callable[[Event], None] | None:
        """Something that must run as long as the machine is configured (a simulated device), or None.

        The callable runs in a thread of its own and returns soon after the event is set.
        """
        return None


class MqttDriver(MachineDriver):
    """A machine that speaks over the broker."""

    uses_broker: ClassVar[bool] = True
    counts_time: ClassVar[bool] = False
    """It wants ``look`` about once a second, because saying nothing means something too."""

    @abstractmethod
    def topics(self, machine: MachineFacts) -> tuple[str, ...]:
        """Topics to subscribe to for this machine, below its own prefix or among its ``device_topics``."""

    @abstractmethod
    def read(
        self, machine: MachineFacts, topic: str, payload: bytes, *, retained: bool, received_at: datetime
    ) -> Word | None:
        """What one message means; None for a message that says nothing. Never raises."""

    def device_topics(self, machine: MachineFacts) -> tuple[str, ...]:
        """Topics outside the machine's own prefix that its device publishes on by itself. The broker lets the machine's
        user write to exactly these; one that is none by ``mqtt_contract.is_device_topic`` is left out. The broker opens
        no secrets: ``machine`` has none here."""
        return ()

    def look(self, machine: MachineFacts, last: Reading | None, at: datetime) -> Word | None:
        """What the time that has passed means; ``last`` is the newest reading of the store. Called first before any
        message is read. Never raises."""
        return None

    def sample(self, machine: MachineFacts) -> Publication:
        """A message that staff may send by hand to try the machine's credential: it is read as a reading. It stands on
        a page: ``machine`` comes without its secrets."""
        said = b'{"v":1,"state":"running","progress":0.5}'
        return Publication(f"craftops/v1/{machine.key}/status", said)

    def advice(self, machine: MachineFacts) -> str:
        """What is to be set up at the machine, as sentences for staff; empty where the credential says it all.
        ``machine`` comes without its secrets."""
        return ""

    def command(self, machine: MachineFacts, command: Command) -> Publication | None:
        """The message that passes ``command`` on, or None where the machine cannot be told."""
        return None


class HandDriver(MachineDriver):
    """A machine that says nothing: staff press start, pause and done for it."""

    by_hand: ClassVar[bool] = True

    @abstractmethod
    def press(self, command: Command, last: Reading | None) -> Reading:
        """The reading that pressing a button amounts to."""
