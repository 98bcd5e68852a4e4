"""What a line would cost with one file or another: its facts gathered, the rates of the shop applied."""

from __future__ import annotations

from craftops.domain.billing.costing import Copy, Cost, cost_of
from craftops.domain.files.designs import Verdict
from craftops.domain.production.jobs import DurationSource
from craftops.services.production import planning
from craftops.services.shop.context import Shop
from craftops.store.mapping import to_analysis
from craftops.store.models import DesignFileRow, OrderLineRow


def line_cost(shop: Shop, line: OrderLineRow, file: DesignFileRow, currency: str) -> Cost | None:
    """Machine time and material of the whole line, as if it had ``file``; None where the shop has no rates for it.

    The seconds are those that a new job of the line is planned with; a plan that rests on no measure is no known time.
    """
    process = planning.process_of(shop, line)
    if not shop.rates.speak_of(process, line.material):
        return None
    seconds, source = planning.copy_seconds(shop, line, file)
    analysis = to_analysis(file)
    material = shop.catalogue.material(line.material)
    one = Copy(
        process=process,
        material=line.material,
        density=material.density if material else 0.0,
        seconds=None if source is DurationSource.DEFAULT else seconds,
        volume_mm3=analysis.mesh.volume_mm3 if analysis and analysis.mesh else None,
        size_mm=analysis.size_mm if analysis else None,
        refused=file.verdict == Verdict.REFUSED.value,
    )
    return cost_of(one, line.quantity, shop.rates, currency.upper())
