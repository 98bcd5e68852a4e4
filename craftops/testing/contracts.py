"""What every plugin of a kind must keep to. Subclass, say which, and pytest runs the rest::

class TestMine(MqttDriverContract):
    def driver(self): return MyDriver()
    def good(self): return ("my/printer-1/state", b"printing")
"""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from craftops.domain.files.designs import Analysis, FileFormat, analysis_from_json, analysis_to_json
from craftops.domain.files.file_types import declared_faults
from craftops.domain.machines.readings import MachineState, ProcessKind, Reading
from craftops.errors import IntakeError, OutsideError, Unreachable
from craftops.sdk import outside
from craftops.sdk.analyzer import FileAnalyzer
from craftops.sdk.camera import CAMERA, HasCamera
from craftops.sdk.channel import IntakeChannel, Outcome
from craftops.sdk.linked import FieldKind, LinkedDriver
from craftops.sdk.machine import Command, CommandKind, JobBrief, MachineDriver, MachineFacts, MqttDriver, Publication
from craftops.sdk.mqtt_contract import is_device_topic
from craftops.services.files.pictures import FRAME, redraw
from craftops.testing.liars import Serve, drips, liar, says
from craftops.testing.links import followed

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MACHINE = MachineFacts("printer-1", "Printer", ProcessKind.FDM)
RUBBISH = (
    b"", b"{", b"null", b"[]", b"0", b"\xff\xfe\x00", b'{"v":1}', b'{"v":1,"state":"flying"}', b"x" * 70_000,
    b'{"v":1,"state":"running","progress":37}', b'{"v":1,"state":"running","progress":NaN}', b"[" * 5000,
    b'{"v":1,"state":"running","job":{"parts_total":1e400}}', b'{"v":"1","state":null}', b"\x00" * 100,
)  # fmt: skip


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LIES: dict[str, Serve] = {
    "garbage": says(b"\x00\x01\x02\xff\r\n\r\n"),
    "nothing": says(b""),
    "a web page": says(HEAD + b"Content-Length: 15\r\n\r\n<html>hi</html>"),
    "JSON of the wrong shape": says(HEAD + b"Content-Length: 6\r\n\r\n[1,2]\n"),
    "null": says(HEAD + b"Content-Length: 4\r\n\r\nnull"),
    "a deep nest": says(HEAD + b"Content-Length: 100000\r\n\r\n" + b"[" * 100_000),
    "a hundred megabytes": says(HEAD + b"Content-Length: 100000000\r\n\r\n", *[b"x" * 1_000_000] * 100),
    "a redirect": says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"),
    "a refusal": says(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
    "a fault": says(b"HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nTraceback"),
    "a slow drip": drips(b" ", 0.5, HEAD + b"Content-Length: 100000\r\n\r\n"),
}
"""What a machine, or whatever stands at its address, may answer with."""


class MachineDriverContract:
    """Any driver."""

    def driver(self) -> MachineDriver:
        raise NotImplementedError

    def test_it_introduces_itself(self) -> None:
        driver = self.driver()
        assert driver.name.isidentifier()
        assert driver.title
        assert driver.summary.endswith(".")
        assert driver.commands <= set(CommandKind)


class MqttDriverContract(MachineDriverContract):
    """A driver that listens on a broker."""

    def driver(self) -> MqttDriver:
        raise NotImplementedError

    def machine(self) -> MachineFacts:
        """The machine ``printer-1``, with what the driver wants to know of it."""
        return MACHINE

    def good(self) -> tuple[str, bytes]:
        """A topic and a payload that say that the machine ``printer-1`` runs."""
        raise NotImplementedError

    def test_its_topics_are_its_own(self) -> None:
        topics, devices = self.driver().topics(self.machine()), self.driver().device_topics(self.machine())
        assert topics
        assert all(MACHINE.key in topic or topic in devices for topic in topics)
        assert all("#" not in topic and "+" not in topic for topic in topics)
        assert all(is_device_topic(topic) for topic in devices)

    def test_a_good_message_is_a_reading(self) -> None:
        topic, payload = self.good()
        word = self.driver().read(self.machine(), topic, payload, retained=False, received_at=NOW)
        assert isinstance(word, Reading)
        assert word.at.tzinfo is not None

    def test_its_sample_is_read(self) -> None:
        said = self.driver().sample(self.machine())
        assert said.topic in self.driver().topics(self.machine())
        assert "'" not in said.payload.decode(), "staff paste it into a shell"
        word = self.driver().read(self.machine(), said.topic, said.payload, retained=False, received_at=NOW)
        assert isinstance(word, Reading)

    @pytest.mark.parametrize("payload", RUBBISH, ids=range(len(RUBBISH)))
    def test_rubbish_never_raises(self, payload: bytes) -> None:
        driver = self.driver()
        for topic in driver.topics(self.machine()):
            driver.read(self.machine(), topic, payload, retained=False, received_at=NOW)

    def test_commands_become_messages_that_tell_nothing_of_the_customer(self) -> None:
        driver = self.driver()
        brief = JobBrief("K7RCX3-1", "part.stl", 2, 600.0)
        for kind in driver.commands:
            said = driver.command(self.machine(), Command(kind, "intent-1", NOW, brief))
            assert isinstance(said, Publication)
            assert not said.retain, "a retained command would be obeyed again after every reconnect"


class LinkedDriverContract(MachineDriverContract):
    """A driver that calls its machines: it says the truth, ends when it is told to, and survives every liar."""

    ends_within_s: ClassVar[float] = 10.0
    speaks_http: ClassVar[bool] = True
    """False for machines with a protocol of their own: then liars answer whatever comes, and say things at once."""

    @pytest.fixture(autouse=True)
    def hasty(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Requests of at most two seconds."""
        monkeypatch.setattr(outside, "TOTAL_S", 2.0)

    def driver(self) -> LinkedDriver:
        raise NotImplementedError

    def machine(self) -> MachineFacts:
        """A machine that is there, lets us in, and is idle."""
        raise NotImplementedError

    def lying(self, address: str) -> MachineFacts:
        """The same machine, if it were at ``address``."""
        return dataclasses.replace(self.machine(), address=address)

    def test_its_fields_make_a_form(self) -> None:
        fields = self.driver().fields
        assert len({field.name for field in fields}) == len(fields)
        assert all(field.name.isidentifier() and field.label for field in fields)
        asked = self.driver().asks_for
        assert not asked or any(field.name == asked and field.kind is FieldKind.SECRET for field in fields)
        assert bool(asked) == bool(self.driver().ask_title)

    def test_it_tells_the_whole_truth_first_and_returns_when_it_is_told_to(self) -> None:
        with followed(self.driver(), self.machine()) as link:
            link.until(lambda: link.readings and link.about, "the first reading")
            assert link.readings[0].at.tzinfo is not None
            assert link.readings[0].state is MachineState.IDLE
        assert link.error is None

    def test_nothing_is_called_before_it_is_followed(self) -> None:
        with liar(says(b"")) as machine:
            self.driver().connect(self.lying(machine.address)).close()
            assert machine.requests == []

    def test_where_nobody_is_it_says_so(self) -> None:
        with liar(says(b"")) as machine:
            address = machine.address
        with followed(self.driver(), self.lying(address)) as link:
            link.until(lambda: link.over, "the end of a link to nobody")
        assert isinstance(link.error, Unreachable)

    @pytest.mark.parametrize("kind", LIES)
    def test_a_liar_gets_an_error_of_ours_and_in_time(self, kind: str) -> None:
        lying = liar(LIES[kind], patient=self.speaks_http)
        with lying as machine, followed(self.driver(), self.lying(machine.address)) as link:
            began = time.monotonic()
            link.until(lambda: link.over, f"the end of a link to a machine that answers with {kind}")
            assert time.monotonic() - began < self.ends_within_s
        assert isinstance(link.error, OutsideError), link.error
        assert link.error.sentence.endswith(".")
        assert len(link.error.sentence) < 300
        assert link.readings == []


class CameraContract:
    """A driver whose machines have cameras: a picture, or a sentence in time."""

    ends_within_s: ClassVar[float] = 10.0

    @pytest.fixture(autouse=True)
    def hasty(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Requests of at most two seconds."""
        monkeypatch.setattr(outside, "TOTAL_S", 2.0)

    def camera(self) -> HasCamera:
        raise NotImplementedError

    def seen_machine(self) -> MachineFacts:
        """A machine with a camera that sees something."""
        raise NotImplementedError

    def test_its_picture_can_be_drawn_again(self) -> None:
        picture = self.camera().picture(self.seen_machine(), None)
        assert picture.turned in (0, 90, 180, 270)
        assert redraw(picture.content, FRAME).width > 0

    def test_it_may_be_told_of_another_camera(self) -> None:
        driver = self.camera()
        assert isinstance(driver, MachineDriver)
        assert CAMERA in driver.fields
        machine = dataclasses.replace(self.seen_machine(), settings={CAMERA.name: "http://127.0.0.1:9/gone.jpg"})
        with pytest.raises(Unreachable):
            driver.picture(machine, None)

    def test_where_nobody_is_it_says_so(self) -> None:
        with liar(says(b"")) as machine:
            address = machine.address
        with pytest.raises(Unreachable):
            self.camera().picture(dataclasses.replace(self.seen_machine(), address=address), None)

    @pytest.mark.parametrize("kind", LIES)
    def test_a_liar_gets_no_picture_through_and_is_done_in_time(self, kind: str) -> None:
        began = time.monotonic()
        with liar(LIES[kind]) as machine:
            lying = dataclasses.replace(self.seen_machine(), address=machine.address)
            with pytest.raises((OutsideError, IntakeError)) as caught:
                redraw(self.camera().picture(lying, None).content, FRAME)
        assert caught.value.sentence.endswith(".")
        assert len(caught.value.sentence) < 300
        assert time.monotonic() - began < self.ends_within_s


class FileAnalyzerContract:
    """An analyzer: a verdict for any content whatsoever, true measures, a picture that is a PNG where it draws one."""

    draws: ClassVar[bool] = True
    """It gives a picture of what is good."""

    def analyzer(self) -> FileAnalyzer:
        raise NotImplementedError

    def good(self) -> tuple[str, bytes]:
        """A name and a content that can be made."""
        raise NotImplementedError

    def analyse(self, folder: Path, name: str, content: bytes) -> Analysis:
        path = folder / "file"
        path.write_bytes(content)
        return self.analyzer().analyse(path, name)

    def test_it_names_its_formats(self) -> None:
        kind = type(self.analyzer())
        assert [why for one in kind.declares if (why := declared_faults(one))] == []
        assert kind.formats <= {*FileFormat, *(one.name for one in kind.declares)}

    def test_a_good_file_is_measured_and_drawn(self, tmp_path: Path) -> None:
        analysis = self.analyse(tmp_path, *self.good())
        assert (analysis.mesh is None) != (analysis.drawing is None), "a good file is measured: as a mesh, or a drawing"
        assert analysis.picture is not None or not self.draws
        assert analysis.picture is None or analysis.picture.startswith(b"\x89PNG")
        again = analysis_from_json(analysis_to_json(analysis))
        assert (again.mesh, again.drawing) == (analysis.mesh, analysis.drawing)

    @pytest.mark.parametrize("content", [b"", b"\0" * 200, b"hello", b"<html></html>", b"PK\x03\x04" + b"x" * 50])
    def test_what_is_no_such_file_is_refused_in_a_sentence(self, tmp_path: Path, content: bytes) -> None:
        analysis = self.analyse(tmp_path, self.good()[0], content)
        assert analysis.verdict.value in ("refused", "by_hand")
        assert analysis.sentence.endswith(".")


class IntakeChannelContract:
    """A channel: what comes is fetched until it is settled, and never after."""

    def channel(self) -> IntakeChannel:
        """The channel; the same one for a whole test."""
        raise NotImplementedError

    def bring(self, name: str, content: bytes) -> None:
        """A file comes in from ``ada@example.org``, and may be fetched at the next look."""
        raise NotImplementedError

    def look(self, settle: Outcome | None = None) -> list[tuple[str, str, list[tuple[str, bytes]]]]:
        """One look: key, sender, files of each thing; each is settled with ``settle``, if there is one."""
        channel = self.channel()
        found = []
        for incoming in channel.fetch():
            files = []
            for file in incoming.files:
                with file.open() as stream:
                    content = stream.read()
                assert not file.size or len(content) <= file.size
                files.append((file.name, content))
            found.append((incoming.key, incoming.sender, files))
            if settle is not None:
                channel.settle(incoming.key, settle)
        return found

    def test_it_introduces_itself(self) -> None:
        channel = self.channel()
        assert channel.name.isidentifier()
        assert channel.title
        assert channel.interval_s > 0

    def test_nothing_is_nothing(self) -> None:
        assert self.look() == []

    def test_it_is_the_same_thing_until_it_is_settled(self) -> None:
        self.bring("part.stl", b"solid part")
        first, second = self.look(), self.look()
        assert first == second
        [(key, sender, files)] = first
        assert key
        assert sender == "ada@example.org"
        assert files == [("part.stl", b"solid part")]

    @pytest.mark.parametrize("outcome", [Outcome(True), Outcome(False, "We cannot open this.")], ids=["taken", "not"])
    def test_what_is_settled_does_not_come_again(self, outcome: Outcome) -> None:
        self.bring("part.stl", b"solid part")
        assert len(self.look(outcome)) == 1
        assert self.look() == []

    def test_two_things_are_two(self) -> None:
        self.bring("part.stl", b"solid part")
        assert len(self.look(Outcome(True))) == 1
        self.bring("part.stl", b"solid part")
        self.bring("other.stl", b"solid other")
        assert len({key for key, _, _ in self.look(Outcome(True))}) == 2

    def test_a_look_that_is_cut_short_loses_nothing(self) -> None:
        self.bring("a.stl", b"solid a")
        self.bring("b.stl", b"solid b")
        look = self.channel().fetch()
        next(look)
        look.close()
        assert len(self.look()) == 2
