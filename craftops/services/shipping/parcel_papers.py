"""What is printed of parcels: our own address label, packing slip, customs declaration, hand-over list.

Nothing is kept: the same rows on the same day give the same bytes. The typesetter is loaded when the first is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from craftops.domain.billing.documents import Party
from craftops.domain.billing.money import Money
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.parcels import LabelState
from craftops.errors import RuleError
from craftops.services.billing.settings import billing_settings
from craftops.services.orders.delivering import address_of
from craftops.services.shipping import packing
from craftops.services.shipping.address_lines import address_lines
from craftops.services.shipping.carriers import sender_of
from craftops.services.shipping.settings import shipping_settings
from craftops.services.shop.context import Shop
from craftops.store.models import LabelRow, ParcelRow

if TYPE_CHECKING:
    from craftops.papers.brand import Brand
    from craftops.papers.labels import LabelPaper

FORMS = {"pdf": "application/pdf", "png": "image/png", "zpl": "application/zpl"}
SIZES = ("a6", "4x6", "62mm")
GERMAN_LANDS = frozenset(("DE", "AT", "CH", "LI"))


def address_label(shop: Shop, parcel: ParcelRow, form: str, *, size: str = "a6", dpi: int = 203, day: date) -> bytes:
    """Our own label in one of ``FORMS`` and ``SIZES``. Raises RuleError where an address is missing."""
    from craftops.papers.labels import LabelSize, label_pdf, label_png
    from craftops.papers.labels_zpl import label_zpl

    paper = label_paper(shop, parcel)
    if form == "pdf":
        return label_pdf(paper, LabelSize(size), day)
    draw = label_png if form == "png" else label_zpl
    return draw(paper, LabelSize(size), day, dpi)


def label_paper(shop: Shop, parcel: ParcelRow) -> LabelPaper:
    """What stands on it. Its bars are the parcel's code, which the hand-over scans. Raises RuleError."""
    from craftops.papers.labels import LabelPaper

    sender, recipient = sender_of(shipping_settings(shop)), _recipient(parcel)
    language = shop.profile().language
    label = packing.alive_label(parcel)
    return LabelPaper(
        sender=address_lines(sender, sender.country, language),
        recipient=address_lines(recipient, sender.country, language),
        code=parcel.code,
        order=parcel.order.code,
        parcel=parcel.position,
        parcels=ParcelRow.select().where(ParcelRow.order == parcel.order_id).count(),
        weight_g=parcel.weight_g,
        country=recipient.country,
        service=label.title if label is not None else "",
        number=parcel.number,
        language=language,
        home=sender.country,
    )


def _recipient(parcel: ParcelRow) -> PostalAddress:
    found = address_of(parcel.order)
    if found is None:
        raise RuleError("Nobody has said yet where this order goes.", "Write the address first.")
    return found


def packing_slip(shop: Shop, parcel: ParcelRow, *, day: date) -> bytes:
    """What lies in a parcel, in its customer's language. Raises RuleError where an address is missing."""
    from craftops.papers.slips import PackingSlip, SlipLine, slip_pdf

    sender, recipient = sender_of(shipping_settings(shop)), _recipient(parcel)
    language = parcel.order.customer.language or shop.profile().language
    parcels = packing.parcels_of(parcel.order)
    here = packing.contents_of(parcel)
    before = [packing.contents_of(one) for one in parcels if one.position <= parcel.position]
    lines = []
    for line in packing.lines_of(parcel.order):
        about = tuple(filter(None, (line.material, line.colour, line.finish)))
        left = line.quantity - sum(one.get(line.id, 0) for one in before)
        lines.append(SlipLine(line.title, about, line.quantity, here.get(line.id, 0), max(0, left)))
    slip = PackingSlip(
        seller=seller_of(shop), recipient=address_lines(recipient, sender.country, language), country=recipient.country,
        code=parcel.code, order=parcel.order.code, parcel=parcel.position, parcels=len(parcels),
        weight_g=parcel.weight_g, lines=tuple(lines), issued_on=day, url=parcel.code, service=parcel.network,
        number=parcel.number, language=language,
    )  # fmt: skip
    return slip_pdf(slip, _brand(shop))


def customs_declaration(shop: Shop, parcel: ParcelRow, *, day: date) -> bytes:
    """Raises RuleError where an address, or the declaration itself, is missing."""
    from craftops.papers.slips import CustomsDeclaration, customs_pdf

    sender, recipient = sender_of(shipping_settings(shop)), _recipient(parcel)
    lines = packing.customs_of(parcel)
    if not lines:
        raise RuleError("This parcel has no customs declaration.", "Fill it in first.")
    german = shop.profile().language.startswith("de") and recipient.country in GERMAN_LANDS
    language = "de" if german else "en"
    paper = CustomsDeclaration(
        seller=seller_of(shop), recipient=address_lines(recipient, sender.country, language), country=recipient.country,
        code=parcel.code, lines=lines, parcel_weight_g=parcel.weight_g, issued_on=day, number=parcel.number,
        postage=_postage(parcel), language=language,
    )  # fmt: skip
    return customs_pdf(paper, _brand(shop))


def _postage(parcel: ParcelRow) -> Money | None:
    bought = LabelRow.get_or_none(LabelRow.parcel == parcel.id, LabelRow.state == LabelState.BOUGHT.value)
    return Money(bought.price, bought.currency) if bought is not None and bought.price is not None else None


def hand_over_list(shop: Shop, parcels: Sequence[ParcelRow], *, at: datetime) -> bytes:
    """A list for the driver of one carrier to sign."""
    from craftops.papers.slips import Manifest, ManifestLine, manifest_pdf

    profile = shop.profile()
    lines = []
    for one in parcels:
        to = address_of(one.order)
        name, place = (to.company or to.name, f"{to.postcode} {to.city}, {to.country}") if to else ("", "")
        lines.append(ManifestLine(one.code, name, place, one.number, one.weight_g))
    networks = ", ".join(dict.fromkeys(one.network for one in parcels if one.network))
    manifest = Manifest(seller_of(shop), networks or profile.name, at, profile.timezone, tuple(lines), profile.language)
    return manifest_pdf(manifest, _brand(shop))


def seller_of(shop: Shop) -> Party:
    """The shop as papers name it: as on invoices where these have an address, else as the sender of parcels."""
    profile, seller = shop.profile(), billing_settings(shop).seller
    sender = shipping_settings(shop).sender
    if not (seller.address and seller.city) and sender is not None:
        lines = tuple(filter(None, (sender.line1, sender.line2)))
        return Party(
            profile.name, lines, sender.postcode, sender.city, sender.country, "", profile.email, profile.phone
        )
    return Party(
        seller.legal_name or profile.name, seller.address, seller.postcode, seller.city, seller.country, "",
        profile.email, profile.phone, seller.vat_id, seller.tax_number, seller.registration,
    )  # fmt: skip


def _brand(shop: Shop) -> Brand:
    from craftops.papers.brand import Brand

    profile = shop.profile()
    return Brand(profile.brand, shop.files.path(profile.logo_sha).read_bytes() if profile.logo_sha else b"")
