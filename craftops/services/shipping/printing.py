"""Papers of a parcel: the shop's own label where its carrier gives none, the slip in the box, the list that the driver
signs, the customs form. The typesetter is loaded when the first of them is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from craftops.domain.billing.documents import Party
from craftops.domain.billing.money import Money
from craftops.domain.shipping.customs import SMALL_VALUE, SMALL_WEIGHT_G
from craftops.errors import AccessError, RuleError
from craftops.sdk.carrier import LabelFile
from craftops.services.billing.settings import billing_settings
from craftops.services.orders.delivering import address_of_id
from craftops.services.shipping import packing
from craftops.services.shipping.address_lines import address_lines
from craftops.services.shipping.carriers import recipient_of, sender_of
from craftops.services.shipping.settings import shipping_settings
from craftops.services.shop.context import Shop
from craftops.store.models import OrderLineRow, OrderRow, ParcelRow
from craftops.store.views.shipping import ListedParcel

if TYPE_CHECKING:
    from craftops.papers.brand import Brand
    from craftops.papers.labels import LabelPaper


def own_label(shop: Shop, parcel: ParcelRow, service: str, number: str, day: date) -> tuple[LabelFile, ...]:
    """The address label of a parcel as PDF (A6), PNG (203 dpi) and ZPL.

    Raises RuleError where an address is missing.
    """
    from craftops.papers.labels import LabelSize, label_pdf, label_png
    from craftops.papers.labels_zpl import label_zpl

    paper = _label_paper(shop, parcel, service, number)
    return (
        LabelFile("application/pdf", label_pdf(paper, LabelSize.A6, day)),
        LabelFile("image/png", label_png(paper, LabelSize.A6, day)),
        LabelFile("application/zpl", label_zpl(paper, LabelSize.FOUR_BY_SIX, day)),
    )


def _label_paper(shop: Shop, parcel: ParcelRow, service: str, number: str) -> LabelPaper:
    from craftops.papers.labels import LabelPaper

    sender, recipient = sender_of(shipping_settings(shop)), recipient_of(parcel.order)
    language = shop.profile().language
    return LabelPaper(
        sender=address_lines(sender, recipient.country, language),
        recipient=address_lines(recipient, sender.country, language),
        code=reference(parcel),
        order=parcel.order.code,
        parcel=parcel.position,
        parcels=_count(parcel.order),
        weight_g=parcel.weight_g,
        country=recipient.country,
        service=service,
        number=number,
        language=language,
        home=sender.country,
    )


def reference(parcel: ParcelRow) -> str:
    """What people and scanners read on a parcel: "K7RCX3-2"."""
    return f"{parcel.order.code}-{parcel.position}"


def _count(order: OrderRow) -> int:
    return int(ParcelRow.select().where(ParcelRow.order == order.id).count())


def _brand(shop: Shop) -> Brand:
    from craftops.papers.brand import Brand

    profile = shop.profile()
    logo = shop.files.path(profile.logo_sha).read_bytes() if profile.logo_sha else b""
    return Brand(profile.brand, logo)


def _party(shop: Shop) -> Party:
    """The shop as it sends: its name and the address that parcels come back to."""
    profile, sender = shop.profile(), sender_of(shipping_settings(shop))
    known = billing_settings(shop).seller.party(profile.name, profile.email, profile.phone, profile.address)
    street = tuple(part for part in (sender.line1, sender.line2) if part)
    return replace(known, address=street, postcode=sender.postcode, city=sender.city, country=sender.country)


def _recipient(shop: Shop, parcel: ParcelRow) -> tuple[tuple[str, ...], str]:
    recipient = recipient_of(parcel.order)
    home = sender_of(shipping_settings(shop)).country
    return address_lines(recipient, home, shop.profile().language), recipient.country


def in_one(shop: Shop, files: Sequence[str]) -> bytes:
    """PDFs of the file store, by their SHA-256, as one: twenty labels are one click at the printer."""
    from craftops.papers.joining import joined

    return joined([shop.files.path(sha256).read_bytes() for sha256 in files])


def packing_slip(shop: Shop, parcel: ParcelRow, link: str, *, at: datetime) -> bytes:
    """What lies in the box and what follows, without prices, in the customer's language. Raises RuleError."""
    from craftops.papers.slips import PackingSlip, SlipLine, slip_pdf

    order, profile = parcel.order, shop.profile()
    recipient, country = _recipient(shop, parcel)
    rows = packing.parcels_of(order)
    here = packing.contents_of(parcel)
    before = packing.copies_packed_in(row for row in rows if row.position <= parcel.position)
    lines = tuple(
        SlipLine(
            line.title, (_about(shop, line),), line.quantity, here.get(line.id, 0),
            max(0, line.quantity - before.get(line.id, 0)),
        )
        for line in packing.lines_of(order)
    )  # fmt: skip
    slip = PackingSlip(
        seller=_party(shop), recipient=recipient, country=country, code=reference(parcel), order=order.code,
        parcel=parcel.position, parcels=len(rows), weight_g=parcel.weight_g, lines=lines,
        issued_on=at.astimezone(profile.zone).date(), url=link, service=parcel.network, number=parcel.number,
        language=order.customer.language or profile.language,
    )  # fmt: skip
    return slip_pdf(slip, _brand(shop))


def _about(shop: Shop, line: OrderLineRow) -> str:
    known, made = shop.catalogue.material_of(line), shop.catalogue.finish_of(line)
    words = (known.label if known else line.material, line.colour, made.label if made else line.finish)
    return ", ".join(word for word in words if word)


def hand_over_list(shop: Shop, parcels: Sequence[ListedParcel], *, at: datetime) -> bytes:
    """What a driver takes, to be signed: all of one carrier. Raises RuleError for none."""
    from craftops.papers.slips import Manifest, ManifestLine, manifest_pdf

    if not parcels:
        raise RuleError("There is nothing to hand over.")
    profile = shop.profile()
    lines = []
    for row in parcels:
        to = address_of_id(row.order_id)
        place = f"{to.postcode} {to.city}, {to.country}".strip() if to else ""
        code = f"{row.order_code}-{row.position}"
        lines.append(ManifestLine(code, to.name if to else "", place, row.number, row.weight_g))
    networks = ", ".join(dict.fromkeys(row.network for row in parcels if row.network))
    manifest = Manifest(_party(shop), networks, at, profile.timezone, tuple(lines), profile.language)
    return manifest_pdf(manifest, _brand(shop))


def customs_form(shop: Shop, parcel: ParcelRow, *, at: datetime) -> bytes:
    """The declaration, as CN 22 for what is small and CN 23 for what is not. Raises RuleError where none is written."""
    from craftops.papers.slips import CustomsDeclaration, customs_pdf

    lines = packing.customs_of(parcel)
    if not lines:
        raise RuleError("Nothing is declared for this parcel.")
    recipient, country = _recipient(shop, parcel)
    label, profile = packing.alive_label(parcel), shop.profile()
    worth = sum(line.value.minor for line in lines)
    form = CustomsDeclaration(
        seller=_party(shop), recipient=recipient, country=country, code=reference(parcel), lines=lines,
        parcel_weight_g=parcel.weight_g, issued_on=at.astimezone(profile.zone).date(), number=parcel.number,
        postage=Money(label.price, label.currency) if label is not None and label.price else None,
        small=parcel.weight_g <= SMALL_WEIGHT_G and worth <= SMALL_VALUE, language="en",
    )  # fmt: skip
    return customs_pdf(form, _brand(shop))


def slip_of(shop: Shop, parcel_id: int, link: str, *, at: datetime) -> tuple[bytes, str]:
    """The slip of a parcel, and what it is called. Raises AccessError."""
    parcel = _parcel(parcel_id)
    return packing_slip(shop, parcel, link, at=at), reference(parcel)


def customs_form_of(shop: Shop, parcel_id: int, *, at: datetime) -> tuple[bytes, str]:
    """The declaration of a parcel, and what it is called. Raises AccessError, RuleError."""
    parcel = _parcel(parcel_id)
    return customs_form(shop, parcel, at=at), reference(parcel)


def _parcel(parcel_id: int) -> ParcelRow:
    row: ParcelRow | None = ParcelRow.get_or_none(ParcelRow.id == parcel_id)
    if row is None:
        raise AccessError
    return row
