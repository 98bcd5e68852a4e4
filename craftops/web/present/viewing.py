"""Rows to the page on which a part is turned."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from craftops.domain.people.access import Actor
from craftops.store.models import DesignFileRow
from craftops.store.queries import orders
from craftops.web.contexts import ViewPage
from craftops.web.present.common import file_card, model_url, picture_url


def view_page(row: DesignFileRow, actor: Actor) -> ViewPage:
    """The page of one file, as ``actor`` sees it; the way back leads to the order that the file is part of."""
    code = orders.order_code_of(row)
    if actor.is_staff:
        back = url_for("staff.order", code=code) if code else url_for("staff.home")
    else:
        back = url_for("portal.order", code=code) if code else url_for("portal.dashboard")
    card = file_card(row)
    return ViewPage(
        name=row.name,
        picture_url=picture_url(row),
        model_url=model_url(row),
        facts=card.facts,
        note=_thinned(row),
        back_url=back,
        back_word=_("Order %(code)s", code=code) if code else _("Back"),
        download_url=card.download_url,
        size=card.size,
    )


def _thinned(row: DesignFileRow) -> str:
    """What is simpler on this page than in the file, in a sentence; empty where nothing is."""
    analysis = row.analysis or {}
    shown, there = (analysis.get("extra") or {}).get("model_triangles"), (analysis.get("mesh") or {}).get("triangles")
    if not row.model_sha or not shown or not there or shown >= 0.9 * there:
        return ""
    return _(
        "Simplified here to %(shown)s of its %(there)s triangles, to turn smoothly. We make it from your file.",
        shown=f"{shown:,}",
        there=f"{there:,}",
    )
