"""What lib3mf, the 3MF Consortium's own reader, has to say of a package."""

from __future__ import annotations

import contextlib
import importlib
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from craftops.domain.files.designs import Finding, Severity

from .model_xml import without_cdata

CHECKED_UP_TO = 40_000_000
"""Bytes of a package that it looks at; beyond it would cost too much time."""
ATTRIBUTE = rb"""\s+(?:printable|auto_drop|paint_\w+|face_property)\s*=\s*(?:"[^"]*"|'[^']*')"""
IN_ELEMENT = re.compile(rb"<(?:[\w.-]+:)?(?:item|triangle|component|object|build)\b[^>]*>")
OF_SLICERS = re.compile(ATTRIBUTE)
"""Attributes that PrusaSlicer, OrcaSlicer and Bambu Studio write and read and no standard names."""
METADATA = re.compile(rb"""<metadata\s+name\s*=\s*(["'])([A-Za-z_0-9]+)\1[^>]*?(?:/>|>.*?</metadata\s*>)""", re.DOTALL)
KNOWN = frozenset((
    b"Title", b"Designer", b"Description", b"Copyright", b"LicenseTerms", b"Rating", b"CreationDate",
    b"ModificationDate", b"Application",
))  # fmt: skip
"""Names of metadata that need no space of their own (3MF Core, 3.4.1); slicers write others just so."""


def second_opinion(path: Path, of_slicer: bool) -> list[Finding]:
    """Its objections; nothing where its wheel does not exist. ``of_slicer``: look past the words of slicers."""
    if path.stat().st_size > CHECKED_UP_TO:
        return []
    try:
        wrapper: Any = importlib.import_module("lib3mf").get_wrapper()
    except (ImportError, OSError):
        return []
    reader = wrapper.CreateModel().QueryReader("3mf")
    reader.SetStrictModeActive(False)
    try:
        with _readable(path, of_slicer) as copy:
            if copy is None:
                return []
            reader.ReadFromFile(str(copy))
        said = [str(reader.GetWarning(number)[1]) for number in range(min(3, reader.GetWarningCount()))]
    except Exception as error:  # noqa: BLE001 - the border to a library: whatever it objects to is a finding
        said = [str(error).split(":", 1)[-1].strip()]
    return [
        Finding(
            "off_standard", Severity.WARNING,
            f"It departs from the 3MF standard ({text.strip('. ')[:120]}).", "Please compare the picture.",
        )
        for text in dict.fromkeys(said)
    ]  # fmt: skip


@contextlib.contextmanager
def _readable(path: Path, of_slicer: bool) -> Iterator[Path | None]:
    """The file itself, or a copy without the words of slicers; None where that one would be too large."""
    if not of_slicer:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > CHECKED_UP_TO:
            yield None
            return
        copy = Path(folder) / "plain.3mf"
        with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as plain:
            for name in archive.namelist():
                content = archive.read(name)
                plain.writestr(name, _plain(content) if name.lower().endswith(".model") else content)
        yield copy


def _plain(xml: bytes) -> bytes:
    """A model part without the words of slicers, and without CDATA, which the standard's own reader does not know."""
    xml = without_cdata(xml)
    xml = IN_ELEMENT.sub(lambda found: OF_SLICERS.sub(b"", found[0]), xml)
    return METADATA.sub(lambda found: found[0] if found[2] in KNOWN else b"", xml)
