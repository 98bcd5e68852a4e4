"""The job traveller: the sheet that goes with a job through the workshop, and is ticked, signed and scanned there."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from craftops.papers.brand import paper_size
from craftops.papers.codes import qr_svg
from craftops.papers.typesetting import STANDARDS, as_json, compiled
from craftops.papers.words import Words

LARGEST_PX = 900
"""Of a picture that is printed 70 mm wide."""


@dataclass(frozen=True, slots=True)
class TravellerCode:
    """A code to scan: what it does, and where it leads."""

    caption: str
    url: str


@dataclass(frozen=True, slots=True)
class Traveller:
    """One job. Words are as people read them; nothing is reckoned here."""

    order: str
    line: str
    """Which of the order: "Line 2 of 5"."""
    title: str
    quantity: int
    facts: tuple[tuple[str, str], ...]
    """Material, colour, finish, machine, customer, file: label and value, those that are known."""
    operations: tuple[str, ...]
    """What is done, in turn."""
    due: str
    """The window that the customer was told."""
    codes: tuple[TravellerCode, ...]
    """At most three: next step, photos, bin."""
    printed_on: date
    instructions: str = ""
    picture: bytes = b""
    """Of the part; empty, or one that cannot be read, leaves its place empty."""
    shop: str = ""
    language: str = "en"
    country: str = "DE"


def traveller_pdf(job: Traveller) -> bytes:
    """The sheet as PDF/A; the same job gives the same bytes."""
    words, picture = Words.of(job.language, job.country), _drawable(job.picture)
    told: dict[str, Any] = {
        **{name: value for name, value in asdict(job).items() if name not in ("picture", "codes", "printed_on")},
        "codes": [{"caption": one.caption, "url": one.url, "svg": qr_svg(one.url)} for one in job.codes[:3]],
        "paper": paper_size(job.country),
        "title_line": f"{words.say('traveller')} {job.order}",
        "pieces": words.say("pieces", count=words.number(job.quantity)),
        "printed": words.day(job.printed_on),
        "language": words.language,
        "words": {
            key: words.say(key) for key in ("operations", "done_by", "when", "window", "instructions", "no_picture")
        },
        "has_picture": bool(picture),
        "alts": [words.say("qr_to", url=one.url) for one in job.codes[:3]],
    }
    return compiled("traveller.typ", as_json(told), job.country, job.printed_on, standards=STANDARDS, attached=picture)


def _drawable(picture: bytes) -> bytes:
    """The picture as a PNG of at most ``LARGEST_PX`` a side; nothing where nobody can read it."""
    from PIL import Image, UnidentifiedImageError

    if not picture:
        return b""
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            opened.thumbnail((LARGEST_PX, LARGEST_PX))
            made = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return b""
    out = io.BytesIO()
    made.save(out, "PNG")
    return out.getvalue()
