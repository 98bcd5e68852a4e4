"""Contexts of the new-order form."""

from __future__ import annotations

import secrets

from flask import url_for

from craftops.services.files import intake
from craftops.services.shop.context import Shop
from craftops.store.views.files import FileView
from craftops.web.files.present_versions import mendable_card
from craftops.web.frame import labels
from craftops.web.frame.catalogue_words import spoken
from craftops.web.frame.keeping import kept
from craftops.web.frame.language.told import told
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice
from craftops.web.orders.views import MaterialChoice, NewLine, NewOrderPage, VisitorFields
from craftops.web.orders.views_address import OrderAddress

RIDING = (".pdf", ".png", ".jpg", ".jpeg", ".webp", ".step", ".stp")
"""Endings of what may ride along, for the file picker."""


def blank_line(file: FileView | None = None, key: str = "") -> NewLine:
    """A fresh line of the form, for a file that has just come, or without one."""
    return NewLine(key or secrets.token_hex(4), mendable_card(file) if file else None, "1", "", "", "", "", {})


def material_choices(shop: Shop, line: NewLine) -> tuple[MaterialChoice, ...]:
    """What can be had, with what the line has chosen."""
    facts = (shop.kept.version, shop.kept.renewals, line.material, line.colour, line.finish)
    return kept("material choices", facts, lambda: _material_choices(shop, line))


def _material_choices(shop: Shop, line: NewLine) -> tuple[MaterialChoice, ...]:
    choices, catalogue = [], spoken(shop.catalogue)
    for material in catalogue.offered:
        chosen = material.name == line.material
        finishes = catalogue.finishes_of(material)
        choices.append(
            MaterialChoice(
                name=material.name,
                label=material.label,
                note=material.note,
                colours=tuple(Choice(c, told(c), chosen and c == line.colour) for c in material.colours),
                finishes=tuple(Choice(f.name, f.label, chosen and f.name == line.finish) for f in finishes),
                chosen=chosen,
            )
        )
    return tuple(choices)


def new_order_page(
    sight: RequestContext, lines: tuple[NewLine, ...], *, token: str, title: str = "", delivery: str = "pickup",
    errors: dict[str, str] | None = None, visitor: VisitorFields | None = None,
    companies: tuple[Choice, ...] = (), address: OrderAddress | None = None, po_number: str | None = None,
) -> NewOrderPage:  # fmt: skip
    shop = sight.shop
    formats = intake.formats(shop)
    limit = shop.config.document.files.max_mb * 1_000_000
    return NewOrderPage(
        materials=material_choices(shop, blank_line()),
        lines=lines,
        deliveries=(
            Choice("pickup", _("Pick up"), delivery == "pickup", ", ".join(sight.profile.address)),
            Choice("shipping", _("Ship to me"), delivery == "shipping", _("To the address that you tell us below")),
        ),
        title=title,
        formats=", ".join(one.upper() for one in formats),
        accept=",".join((*(f".{one}" for one in intake.endings(shop)), *RIDING)),
        max_size=labels.size(limit),
        upload_url=url_for("uploads.create"),
        token=token,
        errors=errors or {},
        action=url_for("first.start" if visitor else "portal.new_order"),
        live_url="" if visitor else url_for("live.stream", page="files"),
        visitor=visitor,
        companies=companies,
        delivery=delivery,
        address=address,
        po_number=po_number,
    )
