"""What speaks against making a design of a material, as its customer and the shop read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from craftops.domain.files.designs import analysis_from_json
from craftops.domain.machines.bed import Bed
from craftops.domain.machines.suitability import Misfit, misfit
from craftops.domain.shop.catalogue import Material
from craftops.services.production.planning import PlannedLine
from craftops.store.queries import schedule
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext


def caution(line: PlannedLine, sight: RequestContext, beds: Iterable[Bed | None] = ()) -> str:
    """One sentence about a line, ordered or being written; empty where nothing speaks against it. ``beds`` as
    ``misfit`` takes them."""
    material = sight.catalogue.material_of(line)
    file = line.file
    analysis = analysis_from_json(file.analysis) if file is not None and file.analysis else None
    if material is None or analysis is None or analysis.size_mm is None:
        return ""
    found = misfit(analysis.size_mm, material.stock, beds)
    if found is Misfit.NOT_A_SHEET:
        return _(
            "It is %(mm)s mm thick, and %(material)s comes in sheets of %(sheet)s mm.",
            mm=_mm(min(analysis.size_mm)), material=material.label, sheet=_mm(material.sheet_mm),
        )  # fmt: skip
    if found is Misfit.NO_HEIGHT:
        return _(
            "A drawing has no height, and %(material)s is printed: a model is needed, or a material that is cut.",
            material=material.label,
        )
    if found is Misfit.TOO_LARGE:
        return _("It is larger than what our machines for %(material)s can make.", material=material.label)
    return ""


def cautions(lines: Iterable[PlannedLine], sight: RequestContext) -> tuple[tuple[str, str], ...]:
    """Of an order that is being written: the title of each line against which something speaks, and what."""
    lines = list(lines)
    machines = schedule.machines() if lines else []
    found = []
    for line in lines:
        material = sight.catalogue.material_of(line)
        said = caution(line, sight, _beds(machines, material)) if material else ""
        if said:
            found.append((line.title, said))
    return tuple(found)


def _beds(machines: Iterable[Any], material: Material) -> list[Bed | None]:
    """Of the machines in service that work the material."""
    beds: list[Bed | None] = []
    for machine in machines:
        said = getattr(machine, "capability", None)
        works = said.materials if said is not None and said.materials else (material.name,)
        if machine.enabled and machine.process == material.process and material.name in works:
            beds.append(tuple(machine.bed) if machine.bed else None)
    return beds


def _mm(length: float) -> str:
    return labels.number(length, 1)
