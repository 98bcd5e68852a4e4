"""Measures and draws meshes. STL, OBJ, 3MF."""

from __future__ import annotations

from collections.abc import Iterable

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.analyzer import FileAnalyzer
from craftops.sdk.settings import NoSettings

from .analyzer import MeshAnalyzer


class MeshAnalyzers(Plugin[NoSettings]):
    """Adds the analyzer of meshes."""

    name = "analyzer_mesh"
    title = "Meshes"
    summary = "Measures STL, OBJ and 3MF files, finds what would go wrong, and draws them."

    @hookimpl
    def register_file_analyzers(self) -> Iterable[type[FileAnalyzer]]:
        return [MeshAnalyzer]


PLUGIN = MeshAnalyzers
