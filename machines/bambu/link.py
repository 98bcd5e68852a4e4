"""Following one printer: one connection, the whole report asked for sparingly, commands where it allows them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from craftops.domain.machines.readings import MachineState, Reading
from craftops.errors import OutsideError, Unreachable
from craftops.sdk import steering
from craftops.sdk.linked import Answer, DriverSession, Link, PendingCommand
from craftops.sdk.machine import CommandKind, MachineFacts

from . import messages, runs
from .certificate import Check
from .client import PORT, Printer
from .messages import BambuStatus, Reply, Report
from .runs import BambuTrack

PUSHALL_EVERY_S = 300.0
"""A P1 stutters when it is asked for everything more often."""
SILENT_S = 60.0
GIVE_UP_S = 90.0
UNTOLD_S = 15.0
"""So long a printer may keep its state to itself before we say that it does."""
SPEAK_S = 15.0
MOVE_S = 2.0
CONFIRM_S = 8.0
STOPS_WITHIN_S = 60.0
"""A print that ends without success so soon after our stop was stopped."""
WORDS = {CommandKind.PAUSE: "pause", CommandKind.RESUME: "resume", CommandKind.CANCEL: "stop"}
LOCKED = (
    "The printer takes commands from Bambu's own software only. Switch on LAN Only and Developer Mode on its screen "
    "(Settings, Network), or do it there. It is followed either way."
)
UNTOLD = "The printer lets us in, and has not said yet what it does."


@dataclass
class Memory:
    """What is known of one printer over its connections: asking for everything again and again would slow it down."""

    report: Report = field(default_factory=dict)
    asked_at: float = -PUSHALL_EVERY_S
    """When everything was asked for, by ``time.monotonic``."""
    stopped_at: float = -STOPS_WITHIN_S
    """When we told it to stop."""


class BambuLink(Link):
    """One connection. Names in ``_at`` are seconds of ``time.monotonic``."""

    def __init__(self, machine: MachineFacts, memory: Memory, authorities: str) -> None:
        parts = urlsplit(machine.address)
        settings = machine.settings
        self.memory = memory
        self.pins = not authorities
        self.check = Check(settings.get("serial", ""), settings.get("fingerprint", "") if self.pins else "")
        self.printer = Printer(
            parts.hostname or "",
            parts.port or PORT,
            self.check.serial,
            machine.secrets.get("access_code", ""),
            self.check,
            authorities,
        )
        self.track = BambuTrack()
        self.replies: dict[str, Reply] = {}
        self._sequence = int(time.time()) % 100_000
        self._heard_at = self._opened_at = self._spoken_at = 0.0
        self._poked = False
        self._spoken: Reading | None = None
        self._line: DriverSession | None = None

    def follow(self, session: DriverSession) -> None:
        self._line = session
        self.track = runs.remember(session.last)
        self.printer.open()
        if self.pins:
            session.learn("fingerprint", self.check.shown)
        session.connected(f"Bambu Lab, certificate {self.check.shown}")
        self._heard_at = self._opened_at = time.monotonic()
        if self.asks_now():
            self.memory.report = {}
        self._speak(session)
        while not session.stopping:
            self._take_in(session)
            self._keep_going()
            if session.wait(1.0, self.printer):
                continue
            self._speak(session)

    def asks_now(self) -> bool:
        """Ask for the whole report, if that may be done again by now; whether it was asked for."""
        now = time.monotonic()
        if now - self.memory.asked_at < PUSHALL_EVERY_S:
            return False
        self.memory.asked_at = now
        asked = {"sequence_id": "0", "command": "pushall", "version": 1, "push_target": 1}
        self.printer.say({"pushing": asked})
        return True

    def _keep_going(self) -> None:
        """A printer whose reports stop is asked to go on, and then called anew."""
        silent = time.monotonic() - self._heard_at
        if silent > GIVE_UP_S:
            raise Unreachable(f"It has said nothing for {GIVE_UP_S:.0f} seconds.")
        if silent > SILENT_S and not self._poked:
            self._poked = True
            self.printer.say({"pushing": {"sequence_id": "0", "command": "start"}})
        if self.memory.asked_at < self._opened_at - 1.0 or not self._seen().told:
            self.asks_now()

    def _take_in(self, session: DriverSession) -> None:
        self.printer.pump()
        while self.printer.messages:
            told = messages.parse(self.printer.messages.popleft())
            self._heard_at, self._poked = time.monotonic(), False
            if (answer := messages.reply(told)) is not None:
                self.replies[answer.sequence] = answer
            elif messages.is_report(told):
                self.memory.report = messages.merge(self.memory.report, messages.table(told["print"]))
                self._speak(session)

    def _seen(self) -> BambuStatus:
        return messages.snapshot(self.memory.report)

    def _speak(self, session: DriverSession) -> None:
        """Say what is new; what is not, every fifteen seconds as long as the printer reports."""
        seen, now = self._seen(), time.monotonic()
        stopped = now - self.memory.stopped_at < STOPS_WITHIN_S
        self.track, word = runs.take(self.track, seen, session.now(), stopped=stopped)
        if word is None:
            if now - self._opened_at > UNTOLD_S and self._spoken is None:
                run_id = self.track.run.id if self.track.run else ""
                word = Reading(MachineState.UNKNOWN, session.now(), run_id=run_id, message=UNTOLD)
            else:
                return
        if not self._is_news(word, now - self._spoken_at):
            return
        self._spoken, self._spoken_at = word, now
        session.hear(word)

    def _is_news(self, word: Reading, ago: float) -> bool:
        before = self._spoken
        if before is None or _gist(before) != _gist(word):
            return True
        moved = (before.progress, before.remaining_s, before.layer) != (word.progress, word.remaining_s, word.layer)
        return (moved and ago >= MOVE_S) or (ago >= SPEAK_S and time.monotonic() - self._heard_at < SILENT_S)

    def obey(self, pending: PendingCommand) -> Answer:
        kind = pending.command.kind
        seen = self._seen()
        if kind not in WORDS:
            return Answer.refused("This printer cannot be told that from here.")
        if not seen.told:
            return Answer.refused(UNTOLD)
        if (done := steering.before(pending, seen.doing)) is not None:
            return done
        if seen.locked:
            return Answer.refused(LOCKED)
        pending.begin()
        self._sequence += 1
        sequence = str(self._sequence)
        if kind is CommandKind.CANCEL:
            self.memory.stopped_at = time.monotonic()
        self.printer.say({"print": {"sequence_id": sequence, "command": WORDS[kind], "param": ""}})
        return self._confirmed(sequence, lambda: steering.obeyed(kind, self._seen().doing))

    def _confirmed(self, sequence: str, so: Callable[[], Answer | None]) -> Answer:
        """Watch what it does, for a few seconds; the step was taken, whatever becomes of watching."""
        ends = time.monotonic() + CONFIRM_S
        while (left := ends - time.monotonic()) > 0 and self._line is not None and not self._line.stopping:
            try:
                self.printer.wait(min(left, 0.5))
                self._take_in(self._line)
            except OutsideError:
                return Answer.sent("It was passed on, and the connection broke off before it was seen to be done.")
            answer = self.replies.get(sequence)
            if answer is not None and not answer.accepted:
                self.memory.stopped_at = -STOPS_WITHIN_S
                verified = "verif" in answer.reason.lower() or "sign" in answer.reason.lower()
                reason = answer.reason.strip().rstrip(".") or "no reason given"
                return Answer.refused(LOCKED if verified else f"The printer declined: {reason}.")
            if (done := so()) is not None:
                return done
        return Answer.sent("It was passed on, and is not seen to be done yet. If nothing comes of it: " + LOCKED)

    def close(self) -> None:
        self.printer.close()


def _gist(word: Reading) -> tuple[object, ...]:
    return word.state, word.run_id, word.message, word.error, word.job_ref, word.file
