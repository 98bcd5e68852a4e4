"""Moonraker's cameras: it keeps a list of them, and others (crowsnest, mjpg-streamer) give out the pictures."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from craftops.sdk.camera import CameraPicture, NoCamera, fetch_named
from craftops.sdk.machine import MachineFacts

from .client import MoonrakerRest
from .messages import number, table, text

NONE = "Moonraker knows no camera with the address of a still picture (snapshot). Add one in Mainsail or Fluidd."
QUARTERS = (0, 90, 180, 270)


def camera(told: Any) -> tuple[str, CameraPicture]:
    """The address of the first camera in an answer of ``/server/webcams/list`` that is switched on and gives still
    pictures, and how they lie. Raises NoCamera."""
    listed = table(table(told).get("result")).get("webcams")
    for one in listed if isinstance(listed, list) else ():
        webcam = table(one)
        url = text(webcam.get("snapshot_url"))
        if url and webcam.get("enabled") is not False:
            turned = int(number(webcam.get("rotation")) or 0)
            return url, CameraPicture(
                b"",
                webcam.get("flip_horizontal") is True,
                webcam.get("flip_vertical") is True,
                turned if turned in QUARTERS else 0,
            )
    raise NoCamera(NONE)


def picture(machine: MachineFacts) -> CameraPicture:
    """What the camera of a Moonraker sees now. Raises OutsideError, NoCamera."""
    key = machine.secrets.get("api_key", "")
    with closing(MoonrakerRest(machine.address, key)) as rest:
        url, lies = camera(rest.webcams())
    content = fetch_named(machine.address, url, {"X-Api-Key": key} if key else None)
    return CameraPicture(content, lies.mirrored, lies.upside_down, lies.turned)
