"""The analyzer itself: light to import, since every process of the shop does; numpy comes with the first file."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import ClassVar, cast

from craftops.domain.files.designs import Analysis, FileFormat
from craftops.domain.files.file_types import format_of
from craftops.domain.files.remedies import Ask
from craftops.sdk.analyzer import FileAnalyzer, Mended


class MeshAnalyzer(FileAnalyzer):
    """STL in all its dialects, OBJ, and 3MF."""

    name: ClassVar[str] = "mesh"
    formats: ClassVar[frozenset[FileFormat]] = frozenset({FileFormat.STL, FileFormat.OBJ, FileFormat.THREEMF})
    needs: ClassVar[tuple[str, ...]] = (f"{__package__}.work", f"{__package__}.mend", "lib3mf")

    def analyse(self, path: Path, name: str) -> Analysis:
        work, mend = (importlib.import_module(f"{__package__}.{one}") for one in ("work", "mend"))
        claimed = format_of(name) or FileFormat.STL
        return cast(Analysis, mend.with_kept_offers(claimed, *work.examine(path, claimed, with_model=self.with_model)))

    def mend(self, path: Path, name: str, ask: Ask, target: Path) -> Mended:
        work = importlib.import_module(f"{__package__}.mend")
        return cast(Mended, work.mend_mesh(path, name, ask, target))
