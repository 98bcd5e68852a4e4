"""Following an OctoPrint and passing on what staff want: the push channel for speed, REST for the truth."""

from __future__ import annotations

import time
from collections.abc import Callable

from craftops.domain.machines.readings import MachineState
from craftops.errors import CredentialsRejected, NotUnderstood, Refused, Unreachable
from craftops.sdk import steering
from craftops.sdk.linked import Answer, DriverSession, Link, PendingCommand
from craftops.sdk.machine import CommandKind, MachineFacts
from craftops.sdk.outside_socket import Socket
from craftops.sdk.programs import program_name
from craftops.sdk.steering import PRINTS

from . import messages, runs
from .client import OctoPrintRest
from .messages import Counts, OctoPrintStatus
from .runs import OctoPrintTrack

LOOK_S = 30.0
"""Between two looks by REST while the push channel is open."""
LOOK_AT_WORK_S = 3.0
LOOK_AT_REST_S = 12.0
SPEAK_S = 9.0
"""A machine that does not change is told of so often."""
GRACE_S = 4.0
"""A print that is not seen any more: so long its event may still come."""
SOCKET_AGAIN_S = 60.0
CONFIRM_S = 8.0
STEP_S = 0.3
MAY_NOT = "The key may only follow. Give its account the rights to upload files and to print, in OctoPrint's settings."


class OctoPrintLink(Link):
    """One connection. ``looked_at`` and the like are seconds of ``time.monotonic``."""

    def __init__(self, machine: MachineFacts) -> None:
        self.rest = OctoPrintRest(machine.address, machine.secrets.get("api_key", ""))
        self.socket: Socket | None = None
        self.track = OctoPrintTrack()
        self.seen: OctoPrintStatus | None = None
        self._spoken_at = 0.0
        self._spoken = MachineState.UNKNOWN
        self._gone_at = 0.0
        self._socket_at = -SOCKET_AGAIN_S

    def follow(self, session: DriverSession) -> None:
        version = self.rest.version()
        self.track = runs.remember(session.last, version)
        self._look(session, gap=True)
        session.connected(f"OctoPrint {version}")
        looked_at = time.monotonic()
        while not session.stopping:
            self._keep_socket()
            pushed = self._listen(session)
            if pushed and self.socket is not None:
                continue
            pause = self._pause()
            if time.monotonic() - looked_at >= pause:
                self._look(session)
                looked_at = time.monotonic()
            wait = min(1.0, pause) if self._gone_at else pause - (time.monotonic() - looked_at)
            if session.wait(max(0.05, wait), *([self.socket] if self.socket else [])) and self.socket is None:
                looked_at = 0.0

    def _pause(self) -> float:
        at_work = self.seen is not None and self.seen.at_work
        if self._gone_at:
            return 1.0
        if self.socket is not None:
            return LOOK_S
        return LOOK_AT_WORK_S if at_work else LOOK_AT_REST_S

    def _keep_socket(self) -> None:
        """The push channel, tried again every minute: some proxies do not let it through, and REST does without."""
        if self.socket is not None or time.monotonic() - self._socket_at < SOCKET_AGAIN_S:
            return
        self._socket_at = time.monotonic()
        try:
            self.socket = self.rest.open_socket()
        except (Unreachable, Refused, NotUnderstood):
            self.socket = None

    def _listen(self, session: DriverSession) -> bool:
        """Take in what the push channel has; whether there was anything."""
        if self.socket is None:
            return False
        try:
            if not self.socket.has_news():
                return False
            told = messages.table(self.socket.receive())
        except Unreachable:
            self._hang_up()
            self._look(session)
            return False
        if "event" in told:
            self._event(session, messages.table(told["event"]))
        elif "current" in told:
            self._take(session, messages.pushed(told["current"]))
        elif "reauthRequired" in told:
            self._hang_up()
            self._socket_at = -SOCKET_AGAIN_S
        return True

    def _event(self, session: DriverSession, event: dict[str, object]) -> None:
        kind = messages.text(event.get("type"))
        if kind == "PrintStarted":
            self.track = runs.announced(self.track)
            self._look(session)
            return
        self.track, word = runs.heard(self.track, kind, event.get("payload"), session.now())
        if word is not None:
            self._gone_at = 0.0
            self._spoken, self._spoken_at = word.state, time.monotonic()
            session.hear(word)

    def _look(self, session: DriverSession, *, gap: bool = False) -> None:
        self._take(session, self.rest.look(), gap=gap, fresh=True)

    def _take(self, session: DriverSession, seen: OctoPrintStatus, *, gap: bool = False, fresh: bool = False) -> None:
        """One state of the machine: begin, go on, or find out how a run has ended that is not seen any more."""
        self.seen = seen
        at = session.now()
        if runs.is_over(self.track, seen, gap=gap):
            if not gap and not self._is_gone_for_good():
                return
            self._settle(session, seen, gap=gap)
        self._gone_at = 0.0
        if self.track.run is None and seen.file is not None and runs.may_begin(self.track, seen, at):
            self.track = runs.begin(self.track, seen, self.rest.counts(seen.file.path) or Counts(), at)
        self.track, word = runs.reading(self.track, seen, at)
        if word is None:
            return
        if fresh or word.state is not self._spoken or seen.at_work or time.monotonic() - self._spoken_at >= SPEAK_S:
            self._spoken, self._spoken_at = word.state, time.monotonic()
            session.hear(word)

    def _is_gone_for_good(self) -> bool:
        """The event of an end may be on its way while the state is here already."""
        self._gone_at = self._gone_at or time.monotonic()
        return time.monotonic() - self._gone_at >= GRACE_S

    def _settle(self, session: DriverSession, seen: OctoPrintStatus, *, gap: bool) -> None:
        run, last = self.track.run, session.last
        counts = self.rest.counts(run.file.path) if run is not None else None
        last_at = last.at if last is not None else session.now()
        self.track, word = runs.settle(self.track, seen, counts, session.now(), last_at)
        if word is not None:
            session.hear(word)

    def obey(self, pending: PendingCommand) -> Answer:
        kind = pending.command.kind
        try:
            if kind is CommandKind.START:
                return self._start(pending)
            return self._steer(pending, kind)
        except CredentialsRejected as error:
            raise CredentialsRejected(MAY_NOT) from error

    def _start(self, pending: PendingCommand) -> Answer:
        path = program_name(pending.command.job, pending.command.intent)
        seen = self.rest.look()
        if seen.prints(path):
            return PRINTS
        if pending.again:
            return self._begun_before(path)
        if hindrance := _hindrance(seen):
            return Answer.refused(hindrance)
        program = steering.printable(pending.program, "OctoPrint")
        if isinstance(program, Answer):
            return program
        self.rest.upload(path, program)
        pending.begin()
        self.rest.start(path)
        return self._confirmed(lambda now: PRINTS if now.prints(path) else None)

    def _begun_before(self, path: str) -> Answer:
        """Whether a start that was sent before has led to a print, by OctoPrint's own books."""
        counts = self.rest.counts(path)
        ran = counts is not None and counts.success + counts.failure > 0
        return Answer.confirmed("It has run.") if ran else Answer.refused(steering.UNSURE_START)

    def _steer(self, pending: PendingCommand, kind: CommandKind) -> Answer:
        if (done := steering.before(pending, self.rest.look().doing)) is not None:
            return done
        pending.begin()
        {CommandKind.CANCEL: self.rest.cancel, CommandKind.PAUSE: self.rest.pause}.get(kind, self.rest.resume)()
        return self._confirmed(lambda now: steering.obeyed(kind, now.doing))

    def _confirmed(self, so: Callable[[OctoPrintStatus], Answer | None]) -> Answer:
        def look() -> Answer | None:
            now = self.rest.look()
            return so(now) or (Answer.sent(now.error) if now.error else None)

        return steering.watch(look, for_s=CONFIRM_S, every_s=STEP_S)

    def _hang_up(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def close(self) -> None:
        self._hang_up()
        self.rest.close()


def _hindrance(seen: OctoPrintStatus) -> str:
    """Why nothing can be started now, as a sentence; empty when it can."""
    if seen.state is MachineState.OFFLINE:
        return f"OctoPrint is not connected to its printer ({seen.text}). Connect it there."
    if seen.state is not MachineState.IDLE:
        return f"It is busy with {seen.file.display or seen.file.name if seen.file else 'something'}."
    return ""
