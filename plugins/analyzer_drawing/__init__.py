"""Measures and draws drawings: DXF, SVG, and the PDF inside of AI files."""

from __future__ import annotations

from collections.abc import Iterable

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.analyzer import FileAnalyzer
from craftops.sdk.settings import NoSettings

from .analyzer import DrawingAnalyzer


class DrawingAnalyzers(Plugin[NoSettings]):
    """Adds the analyzer of drawings."""

    name = "analyzer_drawing"
    title = "Drawings"
    summary = "Measures DXF, SVG and AI files: size, cut length, contours, layers; and draws them."

    @hookimpl
    def register_file_analyzers(self) -> Iterable[type[FileAnalyzer]]:
        return [DrawingAnalyzer]


PLUGIN = DrawingAnalyzers
