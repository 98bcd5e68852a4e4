"""What the page of a file is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FileUse:
    """An order that a file is part of."""

    code: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class FileLook:
    """Somebody of the shop looked at a file: "Sam", "looked at it", "on the order's page"."""

    who: str
    what: str
    where: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FilePage:
    """``portal/file.html``."""

    id: int
    name: str
    size: str
    sent_at: datetime
    picture_url: str
    deleted_at: datetime | None
    deleted_by: str
    download_url: str
    """Empty once it is deleted."""
    uses: tuple[FileUse, ...]
    looks: tuple[FileLook, ...]
    """The newest first."""
    why_kept: str
    """Why it cannot be deleted now; empty when it can."""
    delete_url: str
    copies: int
    """Mended copies, and what it was mended from: they go with it."""
