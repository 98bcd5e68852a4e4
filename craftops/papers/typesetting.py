"""Sheets to PDF/A-3 with typst, which refuses what the standard forbids; nobody has certified it.

typst and its fonts live in processes of their own, which end when they rest: see ``typesetter.py``. Here is what they
are told, and the folder that they read.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import struct
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from craftops.papers.sheet import Sheet
from craftops.papers.typesetters import Typesetters

TEMPLATES = Path(__file__).parent / "template"
STANDARDS = ("a-3a", "ua-1")
LOGO_MM = (70, 14)
"""Width and height that a logo has at most."""
_making = threading.Lock()


def typeset(sheet: Sheet, day: date, logo: bytes = b"", attachment: dict[str, str] | None = None) -> bytes:
    """The PDF of a sheet, dated ``day``. ``attachment``: name, xml and description of what lies in it."""
    said = {key: value for key, value in attachment.items() if key != "xml"} if attachment else None
    attached = attachment["xml"].encode() if attachment else b""
    return compiled("paper.typ", _told(sheet, logo, said), sheet.reader, day, standards=STANDARDS, attached=attached)


def typeset_picture(sheet: Sheet, day: date, logo: bytes, dpi: float) -> bytes:
    """The PNG of a sheet that fits on one page."""
    return compiled("paper.typ", _told(sheet, logo, None), sheet.reader, day, dpi=dpi)


def _told(sheet: Sheet, logo: bytes, attachment: dict[str, str] | None) -> str:
    more = as_json({**_logo(logo), "attachment": attachment})
    return f"{as_json(sheet)[:-1]},{more[1:]}"


def as_json(told: Any) -> str:
    """A dataclass or a dict with something in it as JSON."""
    try:
        return orjson.dumps(told).decode()
    except TypeError:  # half of a sign, which UTF-8 has no bytes for: the typesetter leaves it out
        return json.dumps(asdict(told) if is_dataclass(told) and not isinstance(told, type) else told, default=str)


def compiled(
    template: str,
    told: str,
    country: str,
    day: date,
    *,
    standards: Sequence[str] = (),
    dpi: float | None = None,
    attached: bytes = b"",
) -> bytes:
    """What ``template`` makes of ``told`` (JSON): a PDF dated ``day``, or with ``dpi`` the PNG of its only page.

    ``country``: its reader's, which says how Han characters look. ``attached``: bytes that the template reads as
    ``sys.inputs.attached``. Raises TypesettingError.
    """
    order = {
        "template": template,
        "told": told,
        "country": country,
        "day": day.isoformat(),
        "standards": list(standards),
        "dpi": dpi,
    }
    return _typesetters(_folder()).ask(orjson.dumps(order), attached)


@cache
def _typesetters(folder: Path) -> Typesetters:
    return Typesetters(folder)


def _folder() -> Path:
    """A folder of this process with the templates in it, gone with the process. All threads have the same."""
    with _making:  # a cache alone lets two threads that come at once make one each, and keep what the other lacks
        return _made_folder()


@cache
def _made_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="craftops-papers-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for template in TEMPLATES.glob("*.typ"):
        shutil.copy(template, folder)
    return folder


def _logo(picture: bytes) -> dict[str, Any]:
    """The logo's place in the folder, where it is from the first paper on, and its width on paper in mm."""
    if not picture:
        return {"logo": None, "logo_width": 0}
    path = _folder() / f"logo-{hashlib.sha256(picture).hexdigest()[:32]}.png"
    if not path.exists():
        half = path.with_suffix(f".{threading.get_ident()}")
        half.write_bytes(picture)
        half.replace(path)
    width, height = struct.unpack(">II", picture[16:24])  # of IHDR, which is the first chunk of a PNG
    return {"logo": f"/{path.name}", "logo_width": min(LOGO_MM[0], LOGO_MM[1] * width / height)}
