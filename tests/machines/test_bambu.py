"""Bambu printers: whom we speak to, one connection, reports in pieces, ends that are what they are, commands where allowed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from craftops_machines.bambu import BambuDriver, certificate, client, link
from craftops_machines.bambu.link import LOCKED
from samples.bambu import CODE, LOCKED_FUN, AccessCode, Authority, FakeBambu, liar_behind_tls

from craftops.domain.machines.readings import MachineMemory, MachineState, Reading
from craftops.domain.machines.run_detection import interpret
from craftops.errors import CredentialsRejected, NotUnderstood, Refused, Unreachable
from craftops.sdk.linked import AnswerKind
from craftops.sdk.machine import CommandKind, JobBrief, MachineFacts
from craftops.testing import LinkedDriverContract
from craftops.testing.links import FollowedLink, followed

pytestmark = pytest.mark.long
M = MachineState
JOB = JobBrief("K7RCX3-1", "bracket.stl", 1, 600.0)
NAME = "K7RCX3-1_0a1b2c3d.gcode.3mf"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def bambu(tmp_path: Path, authority: Authority) -> Iterator[FakeBambu]:
    printer = FakeBambu(tmp_path, authority)
    yield printer
    printer.stop()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "MOVE_S", 0.0)
    monkeypatch.setattr(link, "CONFIRM_S", 2.0)
    monkeypatch.setattr(certificate, "HANDSHAKE_S", 2.0)


def states(following: FollowedLink) -> list[str]:
    found: list[str] = []
    for reading in following.readings:
        if not found or found[-1] != reading.state.value:
            found.append(reading.state.value)
    return found


def events(readings: list[Reading]) -> list[str]:
    memory, found = MachineMemory(), []
    for reading in readings:
        memory, more = interpret(memory, reading)
        found += [event.kind.value for event in more]
    return found


def begin(bambu: FakeBambu, task: str = "0", name: str = NAME) -> None:
    bambu.tell(gcode_state="PREPARE", subtask_name=name, gcode_file=name, task_id=task, mc_percent=0,
               mc_remaining_time=759, stg_cur=2)  # fmt: skip
    bambu.tell(gcode_state="RUNNING", stg_cur=0, layer_num=1, total_layer_num=80)


class TestContract(LinkedDriverContract):
    @pytest.fixture(autouse=True)
    def _printer(self, bambu: FakeBambu, monkeypatch: pytest.MonkeyPatch) -> None:
        """A liar is given up after half a second: it makes no difference to what is said of it."""
        self.bambu = bambu
        monkeypatch.setattr(client, "CONNECT_S", 0.5)
        monkeypatch.setattr(certificate, "HANDSHAKE_S", 0.5)

    def driver(self) -> BambuDriver:
        return BambuDriver()

    def machine(self) -> MachineFacts:
        return self.bambu.facts()

    def lying(self, address: str) -> MachineFacts:
        return dataclasses.replace(self.machine(), address=address.replace("http:", "mqtts:"))


@pytest.mark.parametrize("full", [False, True], ids=["P1", "X1"])
def test_a_print_from_its_preparing_to_its_end(bambu: FakeBambu, full: bool) -> None:
    bambu.says_full = full
    with followed(BambuDriver(), bambu.facts()) as following:
        following.until(lambda: following.readings)
        begin(bambu)
        following.until(lambda: states(following)[-1] == "running")
        bambu.tell(mc_percent=40, mc_remaining_time=12, layer_num=30)
        following.until(lambda: following.readings[-1].progress == 0.4)
        seen = following.readings[-1]
        assert (seen.remaining_s, seen.layer, seen.layers, seen.job_ref) == (720.0, 30, 80, "K7RCX3-1")
        bambu.tell(gcode_state="PAUSE", stg_cur=6)
        following.until(lambda: following.readings[-1].state is M.ATTENTION)
        assert following.readings[-1].message == "The filament has run out."
        bambu.tell(gcode_state="RUNNING", stg_cur=0)
        following.until(lambda: following.readings[-1].state is M.RUNNING)
        bambu.tell(gcode_state="FINISH", mc_percent=100, mc_remaining_time=0)
        following.until(lambda: following.readings[-1].state is M.DONE)
    assert states(following) == ["idle", "preparing", "running", "attention", "running", "done"]
    assert events(following.readings) == ["started", "attention", "resumed", "done"]
    preparing = next(reading for reading in following.readings if reading.state is M.PREPARING)
    assert preparing.message == "It heats its bed."
    assert preparing.remaining_s is None


def test_it_works_where_pushall_is_blocked(bambu: FakeBambu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "UNTOLD_S", 0.2)
    bambu.pushall_works = False
    with followed(BambuDriver(), bambu.facts()) as following:
        following.until(lambda: following.readings)
        assert following.readings[0].state is M.UNKNOWN
        assert "not said yet" in following.readings[0].message
        begin(bambu)
        following.until(lambda: following.readings[-1].state is M.RUNNING)
        bambu.tell(gcode_state="FINISH")
        following.until(lambda: following.readings[-1].state is M.DONE)
    assert events(following.readings) == ["started", "done"]


def test_everything_is_asked_for_once_and_not_again_for_five_minutes(
    bambu: FakeBambu, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = BambuDriver()
    begin(bambu)
    for _ in range(3):
        with followed(driver, bambu.facts()) as following:
            following.until(lambda: following.readings)
            assert following.readings[0].state is M.RUNNING
            bambu.tell(mc_percent=50)
            following.until(lambda: following.readings[-1].progress == 0.5)
    assert bambu.commands() == ["pushall"]
    monkeypatch.setattr(link, "PUSHALL_EVERY_S", 0.0)
    with followed(driver, bambu.facts()) as following:
        bambu.until_asked(lambda asked: len(asked) >= 2)


def test_there_is_exactly_one_connection(bambu: FakeBambu) -> None:
    with followed(BambuDriver(), bambu.facts()) as following:
        following.until(lambda: following.readings)
        begin(bambu)
        following.until(lambda: following.readings[-1].state is M.RUNNING)
        assert bambu.connections() == 1
        assert AccessCode.came.count("bblp") == 1
    bambu.until_alone()


def test_a_printer_that_falls_silent_is_poked_and_then_called_anew(
    bambu: FakeBambu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "SILENT_S", 0.3)
    monkeypatch.setattr(link, "GIVE_UP_S", 2.5)
    with followed(BambuDriver(), bambu.facts()) as following:
        bambu.until_asked(
            lambda asked: {"sequence_id": "0", "command": "start"} in [one.get("pushing") for one in asked]
        )
        following.until(lambda: following.over)
    assert isinstance(following.error, Unreachable)
    assert "said nothing" in following.error.sentence


def test_a_printer_that_is_switched_off_ends_the_link(bambu: FakeBambu) -> None:
    with followed(BambuDriver(), bambu.facts()) as following:
        following.until(lambda: following.readings)
        bambu.restart()
        following.until(lambda: following.over)
    assert isinstance(following.error, Unreachable)


def test_a_wrong_access_code_is_told(bambu: FakeBambu) -> None:
    with followed(BambuDriver(), bambu.facts(code="00000000")) as following:
        following.until(lambda: following.over)
    assert isinstance(following.error, CredentialsRejected)
    assert following.readings == []


def test_the_certificate_of_the_first_call_is_kept_and_no_other_is_spoken_to(bambu: FakeBambu) -> None:
    with followed(BambuDriver(), bambu.facts()) as first:
        first.until(lambda: first.readings)
    shown = first.learnt["fingerprint"]
    assert len(shown) == 95
    assert shown in first.about
    with followed(BambuDriver(), bambu.facts(pinned=shown.lower())) as again:
        again.until(lambda: again.readings)
    bambu.new_certificate()
    came = AccessCode.came.count("bblp")
    with followed(BambuDriver(), bambu.facts(pinned=shown)) as other:
        other.until(lambda: other.over)
    assert isinstance(other.error, Refused)
    assert "another certificate" in other.error.sentence
    assert AccessCode.came.count("bblp") == came, "the access code was sent to a stranger"


def test_another_printer_at_the_address_gets_no_access_code(bambu: FakeBambu) -> None:
    with followed(BambuDriver(), bambu.facts(serial="01P00A999999999")) as following:
        following.until(lambda: following.over)
    assert isinstance(following.error, Refused)
    assert bambu.serial in following.error.sentence
    assert "bblp" not in AccessCode.came


def test_with_the_authorities_the_chain_is_checked(bambu: FakeBambu, authority: Authority, tmp_path: Path) -> None:
    with followed(BambuDriver(str(authority.path)), bambu.facts(pinned="00" * 32)) as following:
        following.until(lambda: following.readings)
    assert following.learnt == {}
    stranger = Authority(tmp_path, "Somebody")
    for path, sentence in ((stranger.path, "cannot be trusted"), (tmp_path / "none.pem", "cannot be read")):
        with followed(BambuDriver(str(path)), bambu.facts()) as refused:
            refused.until(lambda: refused.over)
        assert isinstance(refused.error, Refused)
        assert sentence in refused.error.sentence
    assert AccessCode.came.count("bblp") == 1


CONNACK, SUBACK = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x00"
HUGE = b"\x30\xff\xff\xff\x7f\x00\x05topic" + b"x" * 50_000


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Unreachable), (b"", Unreachable), (b"\x20\x02\x00\x03", Unreachable),
        (b"\x20\x02\x00\x05", CredentialsRejected), (CONNACK, Unreachable), (CONNACK + b"\x90\x03\x00\x01\x80", Refused),
        (CONNACK + SUBACK + HUGE, NotUnderstood), (CONNACK + SUBACK + b"\xff" * 100, Unreachable),
    ],
    ids=["a web server", "nothing", "out of service", "not you", "no ear", "no listening", "half a gigabyte", "rubbish"],
)  # fmt: skip
def test_who_has_the_certificate_and_lies_gets_an_error_of_ours(
    tmp_path: Path, authority: Authority, says: bytes, error: type[Exception]
) -> None:
    with liar_behind_tls(tmp_path, authority, says) as facts, followed(BambuDriver(), facts) as following:
        following.until(lambda: following.over)
    assert isinstance(following.error, error), following.error
    assert following.readings == []


@pytest.mark.parametrize("content", [b"garbage", b"[]", b"\xff\xfe"])
def test_a_report_that_is_none_ends_the_link(bambu: FakeBambu, content: bytes) -> None:
    with followed(BambuDriver(), bambu.facts()) as following:
        following.until(lambda: following.readings)
        bambu.say_raw(content)
        following.until(lambda: following.over)
    assert isinstance(following.error, NotUnderstood)


def test_paused_resumed_and_stopped_from_here(bambu: FakeBambu) -> None:
    with followed(BambuDriver(), bambu.facts()) as following:
        following.until(lambda: following.readings)
        begin(bambu)
        following.until(lambda: states(following)[-1:] == ["running"])
        for kind, state in ((CommandKind.PAUSE, M.PAUSED), (CommandKind.RESUME, M.RUNNING)):
            errand, answer = following.tell(kind, JOB)
            assert (answer.kind, errand.begun) == (AnswerKind.CONFIRMED, 1)
            following.until(lambda: following.readings[-1].state is state)  # noqa: B023 - within the round
            errand, answer = following.tell(kind, JOB)
            assert (answer.kind, errand.begun) == (AnswerKind.CONFIRMED, 0)
        errand, answer = following.tell(CommandKind.PAUSE, JobBrief("OTHER1-1", "x", 1, 1.0))
        assert answer.kind is AnswerKind.REFUSED
        assert "K7RCX3-1" in answer.sentence
        errand, answer = following.tell(CommandKind.CANCEL, JOB)
        assert (answer.kind, errand.begun) == (AnswerKind.CONFIRMED, 1)
        following.until(lambda: "cancelled" in states(following))
    assert "failed" not in states(following)
    assert events(following.readings) == ["started", "paused", "resumed", "cancelled"]
    assert [one for one in bambu.commands() if one != "pushall"] == ["pause", "resume", "stop"]


@pytest.mark.parametrize("known", [True, False], ids=["it says so before", "it says so when it is told"])
def test_a_printer_without_developer_mode_refuses_in_a_sentence(bambu: FakeBambu, known: bool) -> None:
    bambu.signed_only = True
    bambu.state["fun"] = LOCKED_FUN if known else ""
    with followed(BambuDriver(), bambu.facts()) as following:
        following.until(lambda: following.readings)
        begin(bambu)
        following.until(lambda: states(following)[-1:] == ["running"])
        errand, answer = following.tell(CommandKind.PAUSE, JOB)
    assert answer.kind is AnswerKind.REFUSED
    assert answer.sentence == LOCKED
    assert errand.begun == (0 if known else 1)
    assert ("pause" in bambu.commands()) is not known


def test_what_is_not_seen_to_be_done_is_not_said_to_be(bambu: FakeBambu) -> None:
    bambu.deaf = True
    with followed(BambuDriver(), bambu.facts()) as following:
        following.until(lambda: following.readings)
        begin(bambu)
        following.until(lambda: states(following)[-1:] == ["running"])
        _errand, answer = following.tell(CommandKind.PAUSE, JOB)
        assert answer.kind is AnswerKind.SENT
        errand, answer = following.tell(CommandKind.PAUSE, JOB, again=True)
        assert (answer.kind, errand.begun) == (AnswerKind.REFUSED, 0)
    assert bambu.commands().count("pause") == 1


def test_an_end_in_our_absence_is_the_end_of_the_run_that_we_knew(bambu: FakeBambu) -> None:
    with followed(BambuDriver(), bambu.facts()) as before:
        before.until(lambda: before.readings)
        begin(bambu)
        before.until(lambda: states(before)[-1:] == ["running"])
    bambu.tell(gcode_state="FINISH", mc_percent=100)
    with followed(BambuDriver(), bambu.facts(), last=before.readings[-1]) as after:
        after.until(lambda: after.readings)
    assert events([*before.readings, *after.readings]) == ["started", "done"]


def test_the_access_code_is_never_in_what_is_shown(bambu: FakeBambu) -> None:
    assert CODE not in repr(bambu.facts())
