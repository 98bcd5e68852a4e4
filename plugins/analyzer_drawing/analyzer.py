"""The analyzer itself: light to import; ezdxf, resvg and pdfium come with the first file."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import ClassVar, cast

from craftops.domain.files.designs import Analysis, FileFormat
from craftops.domain.files.file_types import format_of
from craftops.domain.files.remedies import Ask
from craftops.sdk.analyzer import FileAnalyzer, Mended


class DrawingAnalyzer(FileAnalyzer):
    """DXF from R12 on, SVG, and AI files that hold a PDF."""

    name: ClassVar[str] = "drawing"
    formats: ClassVar[frozenset[FileFormat]] = frozenset({FileFormat.DXF, FileFormat.SVG, FileFormat.AI})
    needs: ClassVar[tuple[str, ...]] = tuple(f"{__package__}.{name}" for name in ("work", "dxf", "svg", "ai", "mend"))

    def analyse(self, path: Path, name: str) -> Analysis:
        work, mend = (importlib.import_module(f"{__package__}.{one}") for one in ("work", "mend"))
        found = work.examine(path, format_of(name) or FileFormat.DXF)
        return cast(Analysis, mend.with_kept_offers(path, name, found))

    def mend(self, path: Path, name: str, ask: Ask, target: Path) -> Mended:
        work = importlib.import_module(f"{__package__}.mend")
        return cast(Mended, work.mend_drawing(path, name, ask, target))
