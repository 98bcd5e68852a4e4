"""A machine with a camera: one still picture when somebody looks, fetched by the bridge and never by a browser.

A driver that can do it is a ``HasCamera`` too::

    class MyDriver(LinkedDriver, HasCamera):
        fields = (ADDRESS, CAMERA)

        def own_picture(self, machine, last):
            url = ...                       # what the machine says of its camera
            return Picture(fetch_named(machine.address, url))

What a machine says of its camera is not believed: an address that it names may lead to its own host and nowhere
else. Any other must have been written by staff, into the field ``CAMERA``.
"""

from __future__ import annotations

import ipaddress
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import SplitResult, urljoin, urlsplit

from craftops.domain.machines.readings import Reading
from craftops.errors import NotUnderstood, Refused
from craftops.sdk.fields import CAMERA
from craftops.sdk.machine import MachineFacts

if TYPE_CHECKING:
    from craftops.sdk.outside import MachineSession

__all__ = [
    "CAMERA",
    "PICTURE_LIMIT",
    "CameraPicture",
    "HasCamera",
    "NoCamera",
    "fetch_named",
    "fetch_picture",
    "places",
]

PICTURE_LIMIT = 8_000_000
"""Bytes of one picture, at most."""
PORTS = {"http": 80, "https": 443}
ELSEWHERE = (
    "It says that its camera is at {host}, which is not the machine itself. If that is right, write the whole address "
    "into the field Camera of this machine."
)
VIDEO = "The address of its camera is that of a video. Write the address of a still picture (snapshot)."


class NoCamera(Refused):
    """There is no camera, or none that may be looked through; the sentence says what staff can do."""


@dataclass(frozen=True, slots=True)
class CameraPicture:
    """A JPEG or PNG as it came; nothing of it is believed. The rest says how it is put right, in this order."""

    content: bytes
    mirrored: bool = False
    """Left and right are exchanged."""
    upside_down: bool = False
    turned: int = 0
    """Degrees clockwise that it is to be turned: 0, 90, 180, 270."""


class HasCamera(ABC):
    """What a driver is besides, whose machines may have a camera."""

    picture_lag_s: ClassVar[float] = 5.0
    """How old a picture may be that the machine gives out as new, in seconds: no customer is shown a picture that may
    be from before their job began."""

    def picture(self, machine: MachineFacts, last: Reading | None) -> CameraPicture:
        """What the camera sees now. ``last`` is the newest reading of the machine.

        Blocks for a few requests, in a thread of its own beside the machine's link. Raises OutsideError, NoCamera.
        """
        named = machine.settings.get(CAMERA.name, "")
        return CameraPicture(fetch_picture(named)) if named else self.own_picture(machine, last)

    @abstractmethod
    def own_picture(self, machine: MachineFacts, last: Reading | None) -> CameraPicture:
        """The same, from the camera that the machine itself knows of."""


def limited() -> MachineSession:
    """A session whose answers may be as large as a picture."""
    from craftops.sdk.outside import MachineSession  # HTTP libraries, which only the bridge needs

    session = MachineSession()
    session.body_limit = PICTURE_LIMIT
    return session


def fetch_picture(url: str, headers: Mapping[str, str] | None = None) -> bytes:
    """What is at ``url``, whatever it is. Raises OutsideError, NoCamera when nothing is there."""
    from craftops.sdk.outside import check

    with closing(limited()) as session:
        try:
            answer = session.get(url, headers=dict(headers or {}))
        except NotUnderstood as error:
            if "image/jpeg" in error.raw.lower():  # the parts of a stream say their kind between them
                raise NoCamera(VIDEO) from error
            raise
        if answer.status_code in (204, 404):
            raise NoCamera("There is no picture at the address of its camera.")
        if answer.status_code in (401, 403):
            raise NoCamera("Its camera wants a password, and CraftOps has none for it.")
        if answer.status_code != 200:
            check(answer.status_code, answer.content)
        return answer.content


def fetch_named(address: str, named: str, headers: Mapping[str, str] | None = None) -> bytes:
    """The picture at the address ``named`` by the machine at ``address``, if it is one of its ``places``.

    ``headers`` (a key) are told to nobody but the machine's own address. Raises OutsideError, NoCamera.
    """
    own = urlsplit(address)
    missing: NoCamera | None = None
    for url in places(address, named):
        parts = urlsplit(url)
        mine = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        try:
            return fetch_picture(url, headers if mine else None)
        except NoCamera as error:
            missing = missing or error
    raise missing or NoCamera("It names no address of its camera.")


def places(address: str, named: str) -> tuple[str, ...]:
    """Where the picture may be that the machine at ``address`` says is at ``named``: on its own host, at any port.

    A loopback address in its mouth is the machine. A path alone is looked for at the machine's own port first, then
    where its web pages usually are. Where the machine is this very computer, only its own port is its own.

    Raises NoCamera for anything else.
    """
    own = urlsplit(address)
    host = (own.hostname or "").rstrip(".")
    url, port = _named_url(own, named)
    there = (url.hostname or "").rstrip(".")
    if there != host and not _is_here(there):
        raise NoCamera(ELSEWHERE.format(host=there[:100]))
    tail = (url.path or "/") + (f"?{url.query}" if url.query else "")
    shown = f"[{host}]" if ":" in host else host
    if not urlsplit(named).netloc:
        found = [f"{own.scheme}://{own.netloc}{tail}", f"{own.scheme}://{shown}{tail}"]
    else:
        found = [f"{url.scheme}://{shown}{f':{port}' if port else ''}{tail}"]
    if _is_here(host):
        found = [one for one in found if _port(one) == _port(address)]
    if not found:
        raise NoCamera(ELSEWHERE.format(host=f"{host}:{port or PORTS[url.scheme]}"))
    return tuple(dict.fromkeys(found))


def _named_url(own: SplitResult, named: str) -> tuple[SplitResult, int | None]:
    """What the machine named, as an address with its port. Raises NoCamera for what nobody can call."""
    if not named or "\\" in named or any(not 32 < ord(c) < 127 for c in named):
        raise NoCamera("It names no address of its camera that can be read.")
    try:
        url = urlsplit(urljoin(f"{own.scheme}://{own.netloc}/", named))
        port = url.port
    except ValueError:
        raise NoCamera("It names no address of its camera that can be read.") from None
    if url.scheme not in PORTS or "@" in url.netloc or not (url.hostname or "").rstrip("."):
        raise NoCamera("It names no address of its camera that can be called.")
    return url, port


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or PORTS[parts.scheme]


def _is_here(host: str) -> bool:
    """Whether a host means the computer that says it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
