"""Sheets to PDF/A-3 with typst, which refuses what the standard forbids; nobody has certified it.

A compiler lives as long as its thread and is warm after the first paper. It reads one folder, which holds the template
and logos, has no packages and no network, and gives the same bytes for the same sheet: fonts come from packages, never
from the system, and the time in the file is the paper's day.
"""

from __future__ import annotations

import atexit
import hashlib
import shutil
import struct
import tempfile
import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from craftops.papers.fonts import Compiler, families, fonts, printable_fields
from craftops.papers.sheet import Sheet

TEMPLATES = Path(__file__).parent / "template"
STANDARDS: list[Any] = ["a-3a", "ua-1"]
LOGO_MM = (70, 14)
"""Width and height that a logo has at most."""
INPUTS = ("data", "attached")
_mine = threading.local()
_making = threading.Lock()


def typeset(sheet: Sheet, day: date, logo: bytes = b"", attachment: dict[str, str] | None = None) -> bytes:
    """The PDF of a sheet, dated ``day``. ``attachment``: name, xml and description of what lies in it."""
    said = {key: value for key, value in attachment.items() if key != "xml"} if attachment else None
    attached = attachment["xml"].encode() if attachment else b""
    return compiled("paper.typ", _data(sheet, logo, said), day, standards=STANDARDS, attached=attached)


def typeset_picture(sheet: Sheet, day: date, logo: bytes, dpi: float) -> bytes:
    """The PNG of a sheet that fits on one page."""
    return compiled("paper.typ", _data(sheet, logo, None), day, dpi=dpi)


def _data(sheet: Sheet, logo: bytes, attachment: dict[str, str] | None) -> dict[str, Any]:
    return {
        **printable_fields(sheet, sheet.reader),
        "fonts": families(sheet.reader),
        **_logo(logo),
        "attachment": attachment,
    }


def compiled(
    template: str,
    data: dict[str, Any],
    day: date,
    *,
    standards: Sequence[Any] = (),
    dpi: float | None = None,
    attached: bytes = b"",
) -> bytes:
    """What ``template`` makes of ``data``: a PDF dated ``day``, or with ``dpi`` the PNG of its only page.

    ``attached``: bytes that the template reads as ``sys.inputs.attached``. Both are files that this thread writes anew
    for each paper and takes away again: words that the compiler gets as inputs have it build its whole library again.
    """
    mine = {one: _folder() / f"{one}-{threading.get_ident()}" for one in INPUTS}
    mine["data"].write_bytes(orjson.dumps(data))
    mine["attached"].write_bytes(attached)
    try:
        made = _made(_compiler(template), day, standards, dpi)
    finally:
        for path in mine.values():
            path.unlink(missing_ok=True)
    if not isinstance(made, bytes):
        raise TypeError("typst made no single file")
    return made


def _made(compiler: Compiler, day: date, standards: Sequence[Any], dpi: float | None) -> object:
    if dpi is not None:
        return compiler.compile(format="png", ppi=dpi)
    noon = datetime.combine(day, time(12), UTC)
    return compiler.compile(format="pdf", pdf_standards=list(standards), timestamp=noon)


def _compiler(template: str) -> Compiler:
    mine: dict[str, Compiler] = _mine.__dict__.setdefault("compilers", {})
    if template not in mine:
        folder = _folder()
        mine[template] = Compiler(
            str(folder / template),
            root=str(folder),
            font_paths=fonts(),
            package_path=str(folder),
            package_cache_path=str(folder),
            sys_inputs={one: f"/{one}-{threading.get_ident()}" for one in INPUTS},
        )
    return mine[template]


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
