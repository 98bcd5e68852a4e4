"""The analyzer itself: light to import, since every process of the shop does; numpy comes with the first file."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import ClassVar, cast

from craftops.domain.designs import Analysis, FileFormat
from craftops.sdk.analyzer import FileAnalyzer


class StlAnalyzer(FileAnalyzer):
    """Binary and ASCII STL."""

    name: ClassVar[str] = "mesh"
    formats: ClassVar[frozenset[FileFormat]] = frozenset({FileFormat.STL})

    def analyse(self, path: Path, name: str) -> Analysis:
        work = importlib.import_module(f"{__package__}.work")
        return cast(Analysis, work.analyse_stl(path))
