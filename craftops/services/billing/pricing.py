"""What lines of an order cost by the price list: their facts gathered, the shop's formula or a plugin's applied."""

from __future__ import annotations

from collections.abc import Sequence

from craftops.domain.billing.costing import Copy
from craftops.domain.billing.pricing import LineWork, OrderPrice, Price, PriceList, order_price, price_of
from craftops.domain.files.designs import Verdict, analysis_from_json
from craftops.domain.machines.suitability import misfit
from craftops.domain.production.jobs import DurationSource
from craftops.services.production import planning
from craftops.services.production.planning import MeasuredFile, PlannedLine
from craftops.services.shop.context import Shop


def copy_of(shop: Shop, line: PlannedLine, file: MeasuredFile | None) -> Copy:
    """One copy of a line, as if it had ``file``. A duration that rests on no measure is no known one."""
    seconds, source = planning.copy_seconds(shop, line, file)
    analysis = analysis_from_json(file.analysis) if file and file.analysis else None
    material = shop.catalogue.material_of(line)
    return Copy(
        process=planning.process_of(shop, line),
        material=line.material,
        density=material.density if material else 0.0,
        seconds=None if source is DurationSource.DEFAULT else seconds,
        volume_mm3=analysis.mesh.volume_mm3 if analysis and analysis.mesh else None,
        size_mm=analysis.size_mm if analysis else None,
        refused=file is None or file.verdict == Verdict.REFUSED.value,
        unsuitable=bool(analysis and material and misfit(analysis.size_mm, material.stock)),
    )


def price_line(shop: Shop, line: PlannedLine, prices: PriceList, *, rush: bool = False) -> Price:
    """The net price of a line, also of an order that is being written.

    A plugin's ``price_line`` goes before the shop's formula.
    """
    material, finish = shop.catalogue.material_of(line), shop.catalogue.finish_of(line)
    work = LineWork(
        copy=copy_of(shop, line, line.file),
        copies=line.quantity,
        finish=line.finish,
        hand_s=60.0 * ((material.base_minutes if material else 0.0) + (finish.minutes if finish else 0.0)),
        hand_setup_s=60.0 * (finish.setup_minutes if finish else 0.0),
        rush=rush,
    )
    told = shop.plugins.ask("price_line", work=work, prices=prices)
    return told if isinstance(told, Price) else price_of(work, prices)


def price_lines(shop: Shop, lines: Sequence[PlannedLine], prices: PriceList, *, rush: bool = False) -> OrderPrice:
    """All lines of an order together."""
    return order_price(tuple(price_line(shop, line, prices, rush=rush) for line in lines), prices)
