"""OctoPrint's camera: OctoPrint fetches the picture itself, so that we call nobody else.

Its settings are asked first (1.11 and 2.0 say the same there): whether there is a camera that can take pictures, and
how they lie. Most name ``http://127.0.0.1:8080/?action=snapshot``, which is right for OctoPrint and for nobody else.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

from craftops.errors import Unreachable
from craftops.sdk.camera import PICTURE_LIMIT, CameraPicture, NoCamera, fetch_named
from craftops.sdk.machine import MachineFacts
from craftops.sdk.outside import Outside, check

from .messages import table, text

CURRENT = "/downloads/camera/current"
MAY_NOT = "The key may not look through its camera. Give its account the right Webcam, in OctoPrint's settings."
OFF = "Its webcam is switched off in OctoPrint's settings."
NONE = "OctoPrint knows no camera that takes still pictures. Write its snapshot address into OctoPrint's settings."
FAILED = "OctoPrint could not take a picture."


@dataclass(frozen=True, slots=True)
class Camera:
    """What OctoPrint says of its camera. ``url`` may be empty where a plugin takes the pictures."""

    url: str
    mirrored: bool
    upside_down: bool
    turned: int


def camera(told: Any) -> Camera:
    """The camera in an answer of ``/api/settings``. Raises NoCamera."""
    webcam = table(table(told).get("webcam"))
    if not webcam:
        raise NoCamera(MAY_NOT)
    if webcam.get("webcamEnabled") is False:
        raise NoCamera(OFF)
    known = webcam.get("webcams")
    cameras = [table(one) for one in known] if isinstance(known, list) else []
    wanted = text(webcam.get("snapshotWebcam"))
    able = [one for one in cameras if one.get("canSnapshot") is True]
    first = next((one for one in able if text(one.get("name")) == wanted), able[0] if able else {})
    url = text(table(first.get("compat")).get("snapshot")) or text(webcam.get("snapshotUrl"))
    if not first and not url:
        raise NoCamera(NONE)
    lies = first or webcam
    turned = 270 if lies.get("rotate90") is True else 0  # it means counter-clockwise
    return Camera(url, lies.get("flipH") is True, lies.get("flipV") is True, turned)


def picture(machine: MachineFacts) -> CameraPicture:
    """What the camera of an OctoPrint sees now. Raises OutsideError, NoCamera."""
    key = machine.secrets.get("api_key", "")
    with closing(Outside(machine.address, {"X-Api-Key": key} if key else None)) as outside:
        found = camera(outside.json("GET", "/api/settings"))
        outside.session.body_limit = PICTURE_LIMIT
        answer, content = outside.session.get(outside.base + CURRENT), b""
        if answer.status_code == 403:
            raise NoCamera(MAY_NOT)
        if answer.status_code == 404 and found.url:
            content = fetch_named(machine.address, found.url)
        elif answer.status_code >= 500:
            raise Unreachable(FAILED)
        elif answer.status_code == 200:
            content = answer.content
        else:
            check(answer.status_code, answer.content)
    return CameraPicture(content, found.mirrored, found.upside_down, found.turned)
