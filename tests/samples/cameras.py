"""What machines say of their cameras, as they were seen saying it: OctoPrint 1.11.8, Moonraker's documentation."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, ClassVar

from samples.linked import ScriptedDriver
from samples.octoprint import FakeOctoPrint
from samples.pictures import jpeg

from craftops.bridges.camera_poller import PollIntervals
from craftops.domain.machines.readings import MachineState, Reading
from craftops.sdk.camera import CameraPicture, HasCamera
from craftops.sdk.machine import MachineFacts
from craftops.store.database import utcnow
from craftops.testing import Workshop

QUICK_PACE = PollIntervals(watched=0.1, shared=0.1, watching=30.0, longest=0.3, hangs=0.5)
CURRENT = "/downloads/camera/current"


def webcam_of_octoprint(snapshot: str = "http://127.0.0.1:8080/?action=snapshot", **more: Any) -> dict[str, Any]:
    """The table ``webcam`` of its settings; the camera lies askew unless ``more`` says otherwise."""
    lies = {"flipH": True, "flipV": False, "rotate90": True}
    compat = {"cacheBuster": False, "snapshot": snapshot, "snapshotTimeout": 5, "stream": "/webcam/?action=stream"}
    classic = {
        "name": "classic", "displayName": "Classic Webcam", "provider": "classicwebcam", "canSnapshot": bool(snapshot),
        "snapshotDisplay": snapshot, "compat": compat, "extras": {}, **lies,
    }  # fmt: skip
    other = {"name": "side", "canSnapshot": False, "flipV": True, "compat": None}
    return {
        "webcamEnabled": True, "defaultWebcam": "classic", "snapshotWebcam": "classic", "snapshotUrl": snapshot,
        "streamUrl": "/webcam/?action=stream", "webcams": [other, classic], **lies, **more,
    }  # fmt: skip


def give_camera(octo: FakeOctoPrint, picture: tuple[int, bytes], webcam: dict[str, Any] | None = None) -> None:
    """What an OctoPrint answers when it is asked for its camera."""
    told = {"webcam": webcam_of_octoprint() if webcam is None else webcam}
    octo.answers["/api/settings"] = (200, json.dumps(told).encode())
    octo.answers[CURRENT] = picture


def webcam_of_moonraker(snapshot: str = "/webcam/?action=snapshot", **more: Any) -> dict[str, Any]:
    """One entry of its list."""
    return {
        "name": "bed", "location": "printer", "service": "mjpegstreamer", "enabled": True, "icon": "mdiWebcam",
        "target_fps": 15, "target_fps_idle": 5, "stream_url": "/webcam/?action=stream", "snapshot_url": snapshot,
        "flip_horizontal": False, "flip_vertical": True, "rotation": 90, "aspect_ratio": "4:3", "extra_data": {},
        "source": "database", "uid": "341778f9-387f-455b-8b69-ff68442d41d9", **more,
    }  # fmt: skip


class WatchedDriver(ScriptedDriver, HasCamera):
    """A scripted driver whose machines have cameras; each picture is another one, unless the test says otherwise."""

    picture_lag_s: ClassVar[float] = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.shots = 0
        self.shoot: Callable[[], bytes] = self.next_picture
        self.freed = threading.Event()

    def next_picture(self) -> bytes:
        return jpeg(colour=(self.shots * 40 % 256, 90, 200))

    def hang(self) -> bytes:
        self.freed.wait(20)
        return self.next_picture()

    def own_picture(self, machine: MachineFacts, last: Reading | None) -> CameraPicture:
        self.shots += 1
        return CameraPicture(self.shoot())


def watched(workshop: Workshop) -> WatchedDriver:
    """The driver ``scripted``, with a camera."""
    driver = WatchedDriver()
    workshop.shop.plugins.machine_drivers[driver.name] = driver
    return driver


def runs(driver: ScriptedDriver, job: str, state: MachineState = MachineState.RUNNING, key: str = "printer-1") -> None:
    """The machine says that it is at this job, or what became of it."""
    progress = 1.0 if state is MachineState.DONE else 0.4
    took = 1800.0 if state is MachineState.DONE else None
    driver.readings[key] = Reading(state, utcnow(), progress=progress, job_ref=job, run_id=f"run-{job}", elapsed_s=took)
