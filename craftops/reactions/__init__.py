"""The core's own hook implementations: it uses the hooks that a stranger would use."""

from __future__ import annotations

from craftops.domain.estimation.estimate import default_duration_s
from craftops.domain.files.designs import Analysis
from craftops.domain.orders.order import OrderLine
from craftops.sdk import Plugin
from craftops.sdk.plugin import hookimpl
from craftops.sdk.settings import NoSettings


class CoreAnswers(Plugin[NoSettings]):
    """Answers last, when no plugin knows better."""

    name = "core"
    title = "CraftOps"
    summary = "The core's own answers."

    @hookimpl(trylast=True)
    def estimate_duration(self, line: OrderLine, analysis: Analysis | None, process: str) -> float:
        mesh = analysis.mesh if analysis else None
        drawing = analysis.drawing if analysis else None
        return default_duration_s(
            process,
            mesh.volume_mm3 if mesh else None,
            mesh.size_mm if mesh else None,
            cut_mm=drawing.cut_mm if drawing else None,
            pierces=drawing.pierces if drawing else 0,
        )
