"""The shipping desk's settings: kept by the owner, each change a version of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import orjson

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.people.audit import Deed, differences
from craftops.domain.shipping.settings import (
    ShippingSettings,
    check_shipping,
    shipping_from_json,
    shipping_to_json,
)
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import IntakeError
from craftops.services.billing.settings import billing_settings
from craftops.services.people import addresses
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import unit_of_work
from craftops.store.models import ShippingSettingsRow
from craftops.store.queries.settings import newest_body


def shipping_settings(shop: Shop, profile: ShopProfile | None = None) -> ShippingSettings:
    """As the owner left them, else what profile and invoices make of them; ``profile`` is for a caller that has read
    it."""
    stored = newest_body(ShippingSettingsRow)
    found = _settings_of(*stored) if stored is not None else ShippingSettings()
    return found if found.sender is not None else replace(found, sender=_seller(shop, profile or shop.profile()))


@lru_cache(maxsize=8)
def _settings_of(stored: str, version: int) -> ShippingSettings:
    return shipping_from_json(orjson.loads(stored), version)


def _seller(shop: Shop, profile: ShopProfile) -> PostalAddress | None:
    """The sender that invoices name, where they name a whole one."""
    seller = billing_settings(shop, profile).seller
    if not (seller.address and seller.city and seller.country):
        return None
    second = seller.address[1] if len(seller.address) > 1 else ""
    return PostalAddress(
        profile.name[:100], seller.address[0][:100], seller.city, seller.country, seller.postcode, "", "", second[:100],
        profile.phone,
    )  # fmt: skip


def save_shipping(shop: Shop, settings: ShippingSettings, *, actor: Actor, at: datetime) -> ShippingSettings:
    """Keep a new version; the same again is not kept. Raises IntakeError with the faulty fields, AccessError."""
    actor.must_be_owner()
    faults = _sender_faults(settings.sender)
    try:
        check_shipping(settings)
    except IntakeError as error:
        faults |= error.fields
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    if settings.sender is not None:
        settings = replace(settings, sender=addresses.check(settings.sender))
    with unit_of_work() as uow:
        before = shipping_settings(shop)
        if before.version and replace(settings, version=before.version) == before:
            return before
        row = ShippingSettingsRow.create(body=shipping_to_json(settings), at=at, by_name=actor.name[:200])
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor, data={"shipping": row.id}))
        was, now = differences(shipping_to_json(before), row.body)
        note(Deed.SETTING_CHANGED, actor=actor, at=at, subject="shipping", before=was, after=now)
    return replace(settings, version=row.id)


def _sender_faults(sender: PostalAddress | None) -> dict[str, str]:
    if sender is None:
        return {}
    try:
        addresses.check(sender)
    except IntakeError as error:
        return {f"sender_{name}": why for name, why in error.fields.items()}
    return {}
