"""Cameras of machines: what each driver fetches, from where it never fetches, and what a lying camera gets."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from craftops_machines.moonraker import MoonrakerDriver
from craftops_machines.octoprint import OctoPrintDriver
from craftops_machines.prusalink import PrusaLinkDriver
from craftops_machines.simulated import SimulatedDriver, SimulatedSettings
from samples import following, prusalink
from samples.cameras import CURRENT, give_camera, webcam_of_moonraker, webcam_of_octoprint
from samples.moonraker import KEY, FakeMoonraker
from samples.octoprint import FakeOctoPrint
from samples.pictures import jpeg, png
from samples.prusalink import FakePrusaLink

from craftops.domain.machines.readings import MachineState, ProcessKind, Reading
from craftops.errors import CredentialsRejected, IntakeError, NotUnderstood, OutsideError, Refused, Unreachable
from craftops.sdk import camera, outside
from craftops.sdk.camera import CameraPicture, NoCamera, fetch_picture, places
from craftops.sdk.fields import CAMERA, split_fields
from craftops.sdk.machine import MachineFacts
from craftops.services.files.pictures import FRAME, redraw
from craftops.store.database import utcnow
from craftops.testing import CameraContract
from craftops.testing.liars import Serve, drips, liar, says

JPEG = jpeg()
SAID = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(JPEG) + JPEG


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "READ_S", 0.4)
    monkeypatch.setattr(outside, "TOTAL_S", 1.0)


@pytest.fixture
def moon() -> Iterator[FakeMoonraker]:
    running = FakeMoonraker()
    yield running
    running.stop()


@pytest.fixture
def prusa() -> Iterator[FakePrusaLink]:
    running = FakePrusaLink()
    yield running
    running.stop()


def seen(driver: camera.HasCamera, machine: MachineFacts) -> CameraPicture:
    return driver.picture(machine, None)


class TestOctoPrint(CameraContract):
    @pytest.fixture(autouse=True)
    def running(self, octo: FakeOctoPrint) -> None:
        self.octo = octo
        give_camera(octo, (200, JPEG))

    def camera(self) -> OctoPrintDriver:
        return OctoPrintDriver()

    def seen_machine(self) -> MachineFacts:
        return following.facts(self.octo)


class TestMoonraker(CameraContract):
    @pytest.fixture(autouse=True)
    def running(self, moon: FakeMoonraker) -> None:
        self.moon = moon
        moon.webcams, moon.pictures = [webcam_of_moonraker()], {"/webcam/": JPEG}

    def camera(self) -> MoonrakerDriver:
        return MoonrakerDriver()

    def seen_machine(self) -> MachineFacts:
        return self.moon.facts(api_key=KEY)


class TestPrusaLink(CameraContract):
    @pytest.fixture(autouse=True)
    def running(self, prusa: FakePrusaLink) -> None:
        self.prusa = prusa
        prusa.photo = JPEG

    def camera(self) -> PrusaLinkDriver:
        return PrusaLinkDriver()

    def seen_machine(self) -> MachineFacts:
        return prusalink.facts(self.prusa)


# OctoPrint


def test_octoprint_fetches_the_picture_itself_and_it_is_put_right(octo: FakeOctoPrint) -> None:
    give_camera(octo, (200, JPEG))
    assert seen(OctoPrintDriver(), following.facts(octo)) == CameraPicture(JPEG, mirrored=True, turned=270)
    assert octo.asked == ["GET /api/settings", f"GET {CURRENT}"]


@pytest.mark.parametrize(
    ("webcam", "answer", "error", "sentence"),
    [
        ({}, (200, JPEG), NoCamera, "may not look through its camera"),
        (webcam_of_octoprint(webcamEnabled=False), (200, JPEG), NoCamera, "switched off"),
        (webcam_of_octoprint("", snapshotUrl=None), (200, JPEG), NoCamera, "knows no camera"),
        (None, (403, b"no"), NoCamera, "may not look through its camera"),
        (None, (500, b"<html>it broke</html>"), Unreachable, "could not take a picture"),
        (webcam_of_octoprint("http://10.0.0.9/shot"), (404, b""), NoCamera, "at 10.0.0.9, which is not the machine"),
        (webcam_of_octoprint("http://127.0.0.1:22/"), (404, b""), NoCamera, "127.0.0.1:22, which is not the machine"),
        (None, (302, b""), Refused, "another address"),
    ],
    ids=range(8),
)
def test_octoprint_without_a_picture_says_why(
    octo: FakeOctoPrint, webcam: dict[str, object] | None, answer: tuple[int, bytes], error: type[OutsideError],
    sentence: str,
) -> None:  # fmt: skip
    give_camera(octo, answer, webcam)
    with pytest.raises(error, match=sentence) as caught:
        seen(OctoPrintDriver(), following.facts(octo))
    assert not isinstance(caught.value, CredentialsRejected), "that would stop the link itself"


def test_an_octoprint_that_does_not_relay_names_its_camera(octo: FakeOctoPrint) -> None:
    give_camera(octo, (404, b""), webcam_of_octoprint("/webcam/?action=snapshot", snapshotWebcam=None, webcams=None))
    octo.answers["/webcam/"] = (200, JPEG)
    assert seen(OctoPrintDriver(), following.facts(octo)).content == JPEG


# Moonraker


def test_moonraker_names_the_camera_of_its_own_host(moon: FakeMoonraker) -> None:
    moon.webcams = [
        webcam_of_moonraker("/off", enabled=False),
        webcam_of_moonraker(""),
        webcam_of_moonraker("/webcam/?action=snapshot"),
    ]
    moon.pictures["/webcam/"] = JPEG
    assert seen(MoonrakerDriver(), moon.facts(api_key=KEY)) == CameraPicture(JPEG, upside_down=True, turned=90)
    assert moon.keys_seen == [KEY]


def test_a_key_is_told_to_the_machine_itself_and_to_nobody_beside_it() -> None:
    with liar(says(SAID)) as beside, pytest.MonkeyPatch.context() as patch:
        patch.setattr(camera, "_is_here", lambda host: False)
        machine = f"http://127.0.0.1:{beside.port + 1}"
        headers = {"X-Api-Key": KEY}
        assert camera.fetch_named(machine, f"{beside.address}/shot.jpg", headers) == JPEG
        assert camera.fetch_named(beside.address, "/shot.jpg", headers) == JPEG
        assert [KEY.encode() in request for request in beside.requests] == [False, True]


@pytest.mark.parametrize(
    ("webcams", "sentence"),
    [
        ([], "knows no camera"),
        ("nonsense", "knows no camera"),
        ([webcam_of_moonraker("http://169.254.169.254/latest")], "at 169.254.169.254, which is not the machine"),
        ([webcam_of_moonraker("file:///etc/passwd")], "no address"),
        ([webcam_of_moonraker("/webcam/gone")], "wants a password|no picture"),
    ],
)
def test_moonraker_without_a_picture_says_why(moon: FakeMoonraker, webcams: object, sentence: str) -> None:
    moon.webcams = webcams
    with pytest.raises(NoCamera, match=sentence):
        seen(MoonrakerDriver(), moon.facts(api_key=KEY))


# PrusaLink


@pytest.mark.parametrize("way", [{}, {"key": "", "name": "maker", "password": "pass:word"}])
def test_prusalink_gives_its_newest_photo(prusa: FakePrusaLink, way: dict[str, str]) -> None:
    prusa.photo = png()
    assert seen(PrusaLinkDriver(), prusalink.facts(prusa, **way)) == CameraPicture(prusa.photo)
    assert PrusaLinkDriver.picture_lag_s >= 60, "it may have been taken a while ago"


@pytest.mark.parametrize(
    ("photo", "error", "sentence"),
    [(None, NoCamera, "knows no camera"), (b"", Unreachable, "has not taken a photo yet")],
)
def test_prusalink_without_a_photo_says_why(
    prusa: FakePrusaLink, photo: bytes | None, error: type[OutsideError], sentence: str
) -> None:
    prusa.photo = photo
    with pytest.raises(error, match=sentence):
        seen(PrusaLinkDriver(), prusalink.facts(prusa))


def test_the_simulated_camera_draws_what_is_reported_and_says_so() -> None:
    driver = SimulatedDriver(SimulatedSettings())
    drawn = set()
    for process in (ProcessKind.FDM, ProcessKind.LASER):
        for progress in (0.0, 0.4, 1.0):
            last = Reading(MachineState.RUNNING, utcnow(), progress=progress)
            drawn.add(redraw(driver.picture(MachineFacts("a", "A", process), last).content, FRAME).content)
        drawn.add(driver.picture(MachineFacts("a", "A", process), None).content)
    assert len(drawn) == 8


# where no picture comes from


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("/webcam/?action=snapshot", ("http://10.0.0.5:7125/webcam/?action=snapshot", "http://10.0.0.5/webcam/?action=snapshot")),
        ("webcam/shot.jpg", ("http://10.0.0.5:7125/webcam/shot.jpg", "http://10.0.0.5/webcam/shot.jpg")),
        ("http://10.0.0.5:8080/?action=snapshot", ("http://10.0.0.5:8080/?action=snapshot",)),
        ("http://127.0.0.1:8080/?action=snapshot", ("http://10.0.0.5:8080/?action=snapshot",)),
        ("http://localhost/webcam", ("http://10.0.0.5/webcam",)),
        ("https://10.0.0.5/shot", ("https://10.0.0.5/shot",)),
    ],
)  # fmt: skip
def test_a_machine_may_name_its_own_host(named: str, found: tuple[str, ...]) -> None:
    assert places("http://10.0.0.5:7125", named) == found


@pytest.mark.parametrize(
    "named",
    [
        "", "http://10.0.0.6/shot", "//evil.example/shot", "http://10.0.0.5@evil.example/", "http://evil.example#@10.0.0.5/",
        "http://10.0.0.5\\@evil.example/", "ftp://10.0.0.5/shot", "file:///etc/passwd", "http://[::1", "http://10.0.0.5:x/",
        "http://10.0.0.5.evil.example/", "gopher://10.0.0.5/", "http://10.0.0.5/a\r\nHost: evil", "http://:80/shot", "http://０/",
    ],
    ids=range(15),
)  # fmt: skip
def test_a_machine_names_nobody_else(named: str) -> None:
    with pytest.raises(NoCamera):
        places("http://10.0.0.5:7125", named)


def test_on_this_very_computer_only_its_own_port_is_the_machine() -> None:
    assert places("http://127.0.0.1:5000", "/shot") == ("http://127.0.0.1:5000/shot",)
    assert places("http://localhost:5000", "http://127.0.0.1:5000/shot") == ("http://localhost:5000/shot",)
    with pytest.raises(NoCamera, match="write the whole address into the field Camera"):
        places("http://127.0.0.1:5000", "http://127.0.0.1:8080/admin")


def test_what_staff_write_by_hand_is_fetched_and_never_where_no_machine_is(moon: FakeMoonraker) -> None:
    with liar(says(SAID)) as beside:
        machine = replace(moon.facts(api_key=KEY), settings={"camera": f"{beside.address}/shot.jpg?size=big"})
        assert seen(MoonrakerDriver(), machine).content == JPEG
        assert beside.requests[0].startswith(b"GET /shot.jpg?size=big HTTP/1.1")
        assert KEY.encode() not in beside.requests[0]
    assert moon.asked == []
    given = {"camera": " 10.0.0.9:8080/?action=snapshot "}
    assert split_fields((CAMERA,), given, {})[1] == {"camera": "http://10.0.0.9:8080/?action=snapshot"}
    for wrong in (
        "http://169.254.169.254/latest",
        "http://u:p@10.0.0.9/",
        "rtsp://10.0.0.9/",
        "http://10.0.0.9/#a",
        "http://",
    ):
        with pytest.raises(IntakeError):
            split_fields((CAMERA,), {"camera": wrong}, {})


# what comes instead of a picture


def flood(connection: socket.socket, _head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 100000000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"x" * 100_000)


def video(connection: socket.socket, _head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n")
    part = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(JPEG) + JPEG + b"\r\n"
    for _ in range(20_000):
        connection.sendall(part)


@pytest.mark.parametrize(
    ("serve", "error", "sentence"),
    [
        (flood, NotUnderstood, "larger than 8 megabytes"),
        (video, NoCamera, "that of a video"),
        (drips(b"x", 0.05, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"), Unreachable, "too long"),
        (drips(b"H", 5.0), Unreachable, "too long"),
        (says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), NoCamera, "no picture"),
        (says(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"), NoCamera, "wants a password"),
        (says(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), Unreachable, "cannot answer at the moment"),
        (says(b""), Unreachable, "broke off"),
    ],
)
def test_a_camera_that_lies_ends_in_a_sentence_and_in_time(
    serve: Serve, error: type[OutsideError], sentence: str
) -> None:
    began = time.monotonic()
    with liar(serve) as machine, pytest.raises(error, match=sentence):
        fetch_picture(f"{machine.address}/shot.jpg")
    assert time.monotonic() - began < 5


def test_a_camera_that_sends_us_elsewhere_is_not_followed() -> None:
    with liar(says(SAID)) as other:
        moved = f"HTTP/1.1 302 Found\r\nLocation: {other.address}/\r\nContent-Length: 0\r\n\r\n".encode()
        with liar(says(moved)) as machine, pytest.raises(Refused, match="another address"):
            fetch_picture(f"{machine.address}/shot.jpg")
        assert other.requests == []
