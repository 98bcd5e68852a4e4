"""Following a Moonraker and passing on what staff want: its live channel for all, HTTP for files."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from craftops import __version__
from craftops.domain.machines.readings import MachineState
from craftops.errors import Unreachable
from craftops.sdk import steering, tracking
from craftops.sdk.linked import Answer, AnswerLost, DriverSession, Link, PendingCommand
from craftops.sdk.machine import CommandKind, MachineFacts
from craftops.sdk.programs import program_name
from craftops.sdk.steering import PRINTS

from . import messages, runs
from .client import Channel, MoonrakerRest
from .messages import KlipperAway, Missing, MoonrakerJob, MoonrakerStatus
from .runs import Track

LISTEN_S = 0.5
"""Between two looks into the live channel, which says something four times a second."""
LOOK_S = 30.0
"""After this, Klipper is subscribed to anew, whatever was missed."""
SPEAK_AT_WORK_S = 2.0
SPEAK_S = 9.0
"""A machine that does not change is told of so often."""
GRACE_S = 2.0
"""The history follows Klipper's own words by so much at most."""
UNDECIDED_S = 60.0
"""As long as its history calls a print "in progress", Klipper's own words of it may be gone for so long."""
CONFIRM_S = 8.0
LOOK_BACK = 20
"""Entries of the history among which a start is looked for whose answer was lost."""
STEP_S = 0.3
STEPS = {
    CommandKind.PAUSE: "printer.print.pause",
    CommandKind.RESUME: "printer.print.resume",
    CommandKind.CANCEL: "printer.print.cancel",
}


class MoonrakerLink(Link):
    """One connection. ``…_at`` are seconds of ``time.monotonic``."""

    def __init__(self, machine: MachineFacts) -> None:
        self.rest = MoonrakerRest(machine.address, machine.secrets.get("api_key", ""))
        self.channel: Channel | None = None
        self.known: Mapping[str, Mapping[str, Any]] = messages.AWAY
        self.track = Track()
        self._newest: MoonrakerJob | None = None
        """The entry that the history told of last."""
        self._unsettled_at = 0.0
        self._asked = False
        self._asked_at = 0.0
        self._unnamed_at = 0.0
        self._spoken_at = 0.0
        self._spoken = MachineState.UNKNOWN

    def follow(self, session: DriverSession) -> None:
        version = self.rest.version()
        self.channel = self.rest.open_channel()
        about = {"client_name": "CraftOps", "version": __version__, "type": "other", "url": "https://localhost"}
        self._call("server.connection.identify", about)
        self.track = runs.remember(session.last)
        self._subscribe()
        self._take(session, gap=True)
        session.connected(f"Moonraker {version}")
        looked_at = time.monotonic()
        while not session.stopping:
            self.channel.take_in()
            if not self._notices(session) and time.monotonic() - looked_at >= LOOK_S:
                self._subscribe()
                looked_at = time.monotonic()
            self._take(session)
            session.wait(LISTEN_S)

    def _call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        if self.channel is None:
            raise Unreachable("Its live channel is closed.")
        try:
            return self.channel.call(method, params)
        except Missing as error:
            if method.startswith("printer."):  # it learns these from Klipper, and has never seen one
                raise KlipperAway(messages.NOT_READY["disconnected"]) from error
            raise

    def _subscribe(self) -> None:
        """Everything that is known of Klipper, and from now on every change; nothing while it is not there."""
        state = messages.text(messages.table(self._call("server.info")).get("klippy_state"))
        if state in ("disconnected", "startup", ""):
            self.known = {"webhooks": {"state": state or "disconnected"}}
            return
        try:
            answer = self._call("printer.objects.subscribe", {"objects": messages.subscription()})
            self.known = messages.status_of(answer)
        except KlipperAway:
            self.known = messages.AWAY

    def _notices(self, session: DriverSession) -> bool:
        """What came unasked, in its order; every change of state is told by itself. Whether there was anything that
        is worth a look before all else."""
        if self.channel is None:
            return False
        urgent = False
        while self.channel.notices:
            method, told = self.channel.notices.popleft()
            if method == "notify_status_update":
                before = messages.snapshot(self.known)
                self.known = messages.merge(self.known, told)
                after = messages.snapshot(self.known)
                changed = (before.state, before.file) != (after.state, after.file)
            elif method == "notify_history_changed":
                self._newest = messages.job(messages.table(told).get("job")) or self._newest
                changed = True
            else:
                self._subscribe()
                changed = True
            if changed:
                self._take(session)
                urgent = True
        return urgent

    def _settled(self, session: DriverSession, seen: messages.MoonrakerStatus, *, gap: bool) -> bool:
        """Whether it is known how the run at work stands; else the next state is waited for."""
        entry = self._entry_of_run()
        if self.track.run is not None and entry is not None and entry.end is not None:
            self._end(session, entry.end, seen, entry, gap=gap)
        elif runs.is_over(self.track, seen):
            self._unsettled_at = self._unsettled_at or time.monotonic()
            if not gap and not self._asked and time.monotonic() - self._unsettled_at < GRACE_S:
                return False
            self._settle(session, seen, gap=gap)
            return not self._unsettled_at or seen.state is MachineState.OFFLINE
        else:
            self._unsettled_at, self._asked = 0.0, False
        return True

    def _take(self, session: DriverSession, *, gap: bool = False) -> None:
        """One state of the machine: begin, go on, or find out how a run has ended that is not seen any more."""
        seen = messages.snapshot(self.known)
        if gap and seen.at_work and self.track.run is not None:
            self._check_name(session, seen)
        if not self._settled(session, seen, gap=gap):
            return
        if seen.at_work and self.track.run is None:
            self._name(session, seen)
        self.track, word = runs.reading(self.track, seen, session.now())
        if word is None:
            return
        pause = SPEAK_AT_WORK_S if seen.at_work else SPEAK_S
        if gap or word.state is not self._spoken or time.monotonic() - self._spoken_at >= pause:
            self._spoken, self._spoken_at = word.state, time.monotonic()
            session.hear(word)

    def _entry_of_run(self) -> MoonrakerJob | None:
        """What the history said of the run that goes on, without asking."""
        run, newest = self.track.run, self._newest
        return newest if run is not None and newest is not None and newest.uid == run.uid else None

    def _settle(self, session: DriverSession, seen: MoonrakerStatus, *, gap: bool) -> None:
        """A run is not seen any more: the history knows how it ended, or that it goes on, or Klipper does, or nobody.
        While Klipper is away nothing is decided without the history, which is asked once."""
        run, now = self.track.run, time.monotonic()
        if run is None or (self._asked and (seen.state is MachineState.OFFLINE or now - self._asked_at < GRACE_S)):
            return
        self._asked, self._asked_at = True, now
        entry = self._entry(run)
        state = (entry.end if entry is not None else None) or runs.by_klipper(self.track, seen)
        if state is not None:
            self._end(session, state, seen, entry, gap=gap)
        elif self._goes_on(run, entry) and now - self._unsettled_at < UNDECIDED_S:
            return
        elif seen.state is not MachineState.OFFLINE:
            self.track = tracking.lose(self.track)
            self._unsettled_at, self._asked = 0.0, False

    def _goes_on(self, run: MoonrakerJob, entry: MoonrakerJob | None) -> bool:
        """By its history it does, and no other print has begun."""
        other = self._newest is not None and self._newest.uid != run.uid
        return entry is not None and entry.status == "in_progress" and not other

    def _end(
        self,
        session: DriverSession,
        state: MachineState,
        seen: MoonrakerStatus,
        entry: MoonrakerJob | None,
        *,
        gap: bool,
    ) -> None:
        last = session.last
        last_at = (last.at if last is not None else session.now()) if gap else None
        self.track, word = runs.end(self.track, state, seen, session.now(), entry, last_at)
        self._unsettled_at, self._asked = 0.0, False
        if word is not None:
            self._spoken, self._spoken_at = word.state, time.monotonic()
            session.hear(word)

    def _entry(self, run: MoonrakerJob) -> MoonrakerJob | None:
        if not run.uid:
            return None
        try:
            told = messages.table(self._call("server.history.get_job", {"uid": run.uid}))
        except Missing:
            return None
        found = messages.job(told.get("job"))
        return found if found is not None and found.started == run.started else None

    def _recent(self, limit: int = 1) -> list[MoonrakerJob]:
        """The newest entries of the history, the newest first."""
        try:
            return messages.jobs(self._call("server.history.list", {"limit": limit, "order": "desc"}))
        except Missing:
            return []

    def _check_name(self, session: DriverSession, seen: MoonrakerStatus) -> None:
        """It prints, as it did before the gap: is it still the same print? Only the history can tell."""
        run, newest = self.track.run, next(iter(self._recent()), None)
        if run is None or newest is None or (newest.uid, newest.started) == (run.uid, run.started):
            return
        if runs.is_of(newest, seen):
            self._settle(session, seen, gap=True)
            self.track = runs.begin(tracking.lose(self.track), newest)

    def _name(self, session: DriverSession, seen: MoonrakerStatus) -> None:
        """Which print this is: the newest of the history, as soon as it is there."""
        newest = self._newest
        if newest is None or not runs.is_of(newest, seen):
            newest = next(iter(self._recent()), None)
        ended = self.track.ended
        again = ended is not None and newest is not None and newest.uid and newest.uid == ended.uid
        if newest is not None and not again and runs.is_of(newest, seen):
            self.track, self._unnamed_at = runs.begin(self.track, newest), 0.0
            return
        self._unnamed_at = self._unnamed_at or time.monotonic()
        if time.monotonic() - self._unnamed_at >= GRACE_S:
            self.track, self._unnamed_at = runs.begin(self.track, runs.unnamed(seen, session.now())), 0.0

    # what staff want

    def obey(self, pending: PendingCommand) -> Answer:
        if pending.command.kind is CommandKind.START:
            return self._start(pending)
        return self._steer(pending, pending.command.kind)

    def _look(self) -> MoonrakerStatus:
        """What it does now, whatever is on its way. Raises KlipperAway."""
        return messages.snapshot(
            messages.status_of(self._call("printer.objects.query", {"objects": messages.subscription()}))
        )

    def _start(self, pending: PendingCommand) -> Answer:
        name = program_name(pending.command.job, pending.command.intent)
        seen = self._look()
        if seen.at_work and seen.file == name:
            return PRINTS
        if pending.again:
            ran = seen.file == name or any(one.file == name for one in self._recent(LOOK_BACK))
            return Answer.confirmed("It has run.") if ran else Answer.refused(steering.UNSURE_START)
        if seen.state is MachineState.OFFLINE:
            return Answer.refused(f"Klipper is not ready: {(seen.error or seen.message).rstrip('.')}.")
        if seen.at_work:
            return Answer.refused(f"It is busy with {messages.base(seen.file) or 'something'}.")
        program = steering.printable(pending.program, "Klipper")
        if isinstance(program, Answer):
            return program
        self.rest.upload(name, program)
        pending.begin()
        return self._do(
            "printer.print.start",
            {"filename": name},
            lambda now: PRINTS if now.at_work and now.file == name else None,
        )

    def _steer(self, pending: PendingCommand, kind: CommandKind) -> Answer:
        if (done := steering.before(pending, self._look().doing)) is not None:
            return done
        pending.begin()
        return self._do(STEPS[kind], {}, lambda now: steering.obeyed(kind, now.doing))

    def _do(self, method: str, params: dict[str, Any], so: Callable[[MoonrakerStatus], Answer | None]) -> Answer:
        """Take the step and ask what it does now, for a few seconds: macros may take minutes, and answer after that.

        Raises Refused when it says no, AnswerLost when the channel broke before it said anything.
        """
        if self.channel is None:
            raise Unreachable("Its live channel is closed.")
        asked = self.channel.send(method, params)
        answered, until = False, time.monotonic() + CONFIRM_S
        try:
            while time.monotonic() < until:
                if not answered and self.channel.has_answer(asked):
                    self.channel.answer(asked)
                    answered = True
                if (found := so(self._look())) is not None:
                    return found
                self.channel.take_in(STEP_S)
        except Unreachable as error:
            if answered:
                return steering.NOT_ASKED
            raise AnswerLost(error.sentence) from error
        return steering.NOT_SEEN

    def close(self) -> None:
        if self.channel is not None:
            self.channel.close()
            self.channel = None
        self.rest.close()
