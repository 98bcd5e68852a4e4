"""Keeping the look that an owner has put together, and showing it on paper."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from craftops.domain.billing.documents import BankAccount, Document, DocumentKind, DocumentLine, Party
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.domain.people.access import Actor
from craftops.domain.shop.look import ShopLook, check_look
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import IntakeError
from craftops.services.shop import settings
from craftops.services.shop.context import LOOK, Shop
from craftops.store.models import BlobRow
from craftops.store.queries import settings as queries
from craftops.store.queries.settings import StoredSettings

PNG = b"\x89PNG\r\n\x1a\n"
MOST_VERSIONS = 12
PAPER_DPI = 110


def present_look(shop: Shop) -> ShopLook:
    """The look that counts, with colour and logo: what an owner begins to change."""
    profile, kept = shop.profile(), shop.look
    return ShopLook(**{**kept.body(), "accent": profile.brand.lower(), "logo_sha": profile.logo_sha})


def checked(shop: Shop, look: ShopLook) -> ShopLook:
    """The look itself if this shop can wear it. Raises IntakeError with every faulty field."""
    look = check_look(look, tuple(shop.plugins.themes))
    if look.logo_sha and not is_logo(shop, look.logo_sha):
        raise IntakeError("The logo is gone.", {"logo": "Choose the logo again."})
    return look


def is_logo(shop: Shop, sha256: str) -> bool:
    """Whether this is a picture that the shop has kept."""
    if not BlobRow.select().where(BlobRow.sha256 == sha256).exists():
        return False
    try:
        with shop.files.path(sha256).open("rb") as file:
            return file.read(len(PNG)) == PNG
    except OSError:
        return False


def keep_look(shop: Shop, look: ShopLook, *, actor: Actor, at: datetime) -> bool:
    """Wear this look from now on. Whether anything has changed. Raises IntakeError, AccessError."""
    actor.must_be_owner()
    return settings.keep(shop, LOOK, checked(shop, look).body(), actor=actor, at=at)


def versions() -> list[StoredSettings]:
    """The newest looks that were kept, newest first."""
    return list(queries.versions_of(LOOK, MOST_VERSIONS))


def sample_invoice(profile: ShopProfile, today: date) -> Document:
    """An invoice of nobody, over nothing, as this shop would write it."""
    tax = Tax(TaxCategory.STANDARD, 1900)
    return Document(
        kind=DocumentKind.INVOICE,
        number="R-2026-0042",
        issued_on=today,
        seller=Party(profile.name, tuple(profile.address) or ("Example Street 1",), "10999", "Berlin", "DE",
                     email=profile.email, phone=profile.phone),
        buyer=Party("Anna Weber", ("Lindenallee 7",), "14050", "Berlin", "DE"),
        lines=(
            DocumentLine("Bracket", 10, 425, tax, "PETG, black, sanded"),
            DocumentLine("Name plate, front desk", 4, 1890, tax, "Birch plywood 4 mm, engraved"),
            DocumentLine("Shipping", 1, 590, tax),
        ),
        currency=profile.currency,
        rounding=Rounding.SUM_BY_NET,
        due_on=today + timedelta(days=14),
        delivered_on=today,
        bank=BankAccount(profile.name, "DE89370400440532013000"),
        language=profile.language,
    )  # fmt: skip


def paper_picture(shop: Shop, profile: ShopProfile, today: date) -> bytes:
    """The PNG of an invoice in the colour and with the logo of ``profile``."""
    from craftops.papers.brand import Brand
    from craftops.papers.rendering import picture

    logo = (
        shop.files.path(profile.logo_sha).read_bytes() if profile.logo_sha and is_logo(shop, profile.logo_sha) else b""
    )
    return picture(sample_invoice(profile, today), Brand(profile.brand, logo), PAPER_DPI)


def plain(look: ShopLook) -> dict[str, Any]:
    """The parts of a look that are not left to the theme, for an address."""
    body = {key: value for key, value in look.body().items() if key != "words" and value}
    return {**body, **{f"w_{name}": text for name, text in look.words.items()}}
