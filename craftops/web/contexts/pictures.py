"""What the templates of cameras and photos get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SharedFrame:
    """What the camera of one job sees, for its customer; ``url`` is empty while there is nothing to see."""

    url: str
    title: str
    taken_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class SharedCamera:
    """The shared cameras of an order; rendered alone for live updates (``portal/_camera.html``)."""

    code: str
    frames: tuple[SharedFrame, ...]


@dataclass(frozen=True, slots=True)
class CameraPanel:
    """A machine's camera, for staff; rendered alone for live updates (``staff/_camera.html``)."""

    key: str
    url: str
    """Empty while there is no picture."""
    sha256: str
    taken_at: datetime | None
    sentence: str
    """Why there is no newer picture, or none at all."""
    job: str
    """Code of the job that a photo would be kept with; empty while none is on the machine."""
    shared: bool
    photos: int = 0
    """How many its order has: with each the caption's field is a new and empty one."""


@dataclass(frozen=True, slots=True)
class PhotoCard:
    """A progress photo."""

    id: int
    url: str
    picture_url: str
    small_url: str
    caption: str
    said: str
    """What a screen reader hears instead of the photo."""
    source: str
    """"by Sam", "from the camera"; for staff."""
    taken_at: datetime
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PhotoPage:
    """``portal/photo.html``."""

    title: str
    photo: PhotoCard
    number: int
    count: int
    newer_url: str
    older_url: str
    back_url: str
