"""The price list and what invoices say of the shop: kept by the owner, each change a version of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import orjson

from craftops.domain.billing.pricing import PriceList
from craftops.domain.billing.settings import (
    BillingSettings,
    SellerDetails,
    check_settings,
    settings_from_json,
    settings_to_json,
)
from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor
from craftops.domain.people.audit import Deed, differences
from craftops.domain.shop.profile import ShopProfile
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import unit_of_work
from craftops.store.models import BillingSettingsRow
from craftops.store.queries.settings import newest_body


def billing_settings(shop: Shop, profile: ShopProfile | None = None) -> BillingSettings:
    """As the owner left them, else what ``shop.toml`` and the profile make of them; ``profile``: for a caller that has
    read it."""
    found = newest_body(BillingSettingsRow)
    return _settings_of(*found) if found is not None else seed(shop, profile or shop.profile())


@lru_cache(maxsize=8)
def _settings_of(stored: str, version: int) -> BillingSettings:
    """Made once of each text; the text is read anyway, and so what counts is what stands there."""
    return settings_from_json(orjson.loads(stored), version)


def seed(shop: Shop, profile: ShopProfile) -> BillingSettings:
    """What a shop begins with: the rates of ``shop.toml``, the address and the tax of the profile."""
    currency = profile.currency.upper()
    rates = replace(shop.rates, currency=currency)
    seller = SellerDetails(address=profile.address, rate=_hundredths(profile.tax_percent))
    return BillingSettings(PriceList(currency=currency, rates=rates), seller)


def _hundredths(percent: str) -> int:
    try:
        value = Decimal(percent.replace(",", ".")) * 100
    except InvalidOperation:
        return 0
    return int(value) if value.is_finite() and 0 <= value <= 10_000 else 0


def save_settings(shop: Shop, settings: BillingSettings, *, actor: Actor, at: datetime) -> BillingSettings:
    """Keep a new version. One that is the same as the last is not kept again.

    Raises IntakeError with every faulty field; AccessError for anybody but the owner.
    """
    actor.must_be_owner()
    check_settings(settings)
    with unit_of_work() as uow:
        before = billing_settings(shop)
        if before.version and replace(settings, version=before.version) == before:
            return before
        row = BillingSettingsRow.create(body=settings_to_json(settings), at=at, by_name=actor.name[:200])
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor, data={"billing": row.id}))
        was, now = differences(settings_to_json(before), row.body)
        note(Deed.PRICES_CHANGED, actor=actor, at=at, before=was, after=now)
    return replace(settings, version=row.id)


def versions(limit: int = 50) -> list[tuple[int, datetime, str]]:
    """Number, moment and author of the latest changes, the newest first."""
    rows = BillingSettingsRow.select(BillingSettingsRow.id, BillingSettingsRow.at, BillingSettingsRow.by_name)
    return [(row.id, row.at, row.by_name) for row in rows.order_by(BillingSettingsRow.id.desc()).limit(limit)]
