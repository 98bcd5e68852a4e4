"""Sheets to PDF/A-3 with typst, which refuses what the standard forbids; nobody has certified it.

A compiler lives as long as its thread and is warm after the first paper. It reads one folder, which holds the template
and logos, has no packages and no network, and gives the same bytes for the same sheet: fonts come from packages, never
from the system, and the time in the file is the paper's day.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import struct
import tempfile
import threading
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from craftops.papers.fonts import Compiler, families, fonts, printable
from craftops.papers.sheet import Sheet

TEMPLATE = Path(__file__).parent / "template" / "paper.typ"
STANDARDS: list[Any] = ["a-3a", "ua-1"]
LOGO_MM = (70, 14)
"""Width and height that a logo has at most."""
_mine = threading.local()


def typeset(sheet: Sheet, day: date, logo: bytes = b"", attachment: dict[str, str] | None = None) -> bytes:
    """The PDF of a sheet, dated ``day``. ``attachment``: name, xml and description of what lies in it."""
    data = {
        **printable(sheet.data(), sheet.reader),
        "fonts": families(sheet.reader),
        **_logo(logo),
        "attachment": attachment,
    }
    moment = datetime.combine(day, time(12), UTC)
    made = _compiler().compile(
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=STANDARDS,
        timestamp=moment,
    )
    if not isinstance(made, bytes):
        raise TypeError("typst made no PDF")
    return made


def _compiler() -> Compiler:
    found: Compiler | None = getattr(_mine, "compiler", None)
    if found is None:
        folder = _folder()
        found = Compiler(
            str(folder / TEMPLATE.name),
            root=str(folder),
            font_paths=fonts(),
            package_path=str(folder),
            package_cache_path=str(folder),
        )
        _mine.compiler = found
    return found


@cache
def _folder() -> Path:
    """A folder of this process with the template in it, gone with the process."""
    folder = Path(tempfile.mkdtemp(prefix="craftops-papers-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copy(TEMPLATE, folder)
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
