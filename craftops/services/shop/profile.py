"""The shop's profile, kept."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor
from craftops.domain.people.audit import Deed, differences
from craftops.domain.shop.profile import ShopProfile, check_profile
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import unit_of_work
from craftops.store.models import ShopRow


def save_profile(shop: Shop, profile: ShopProfile, *, actor: Actor, at: datetime, set_up: bool = False) -> None:
    """Keep the profile. Raises IntakeError with every faulty field; AccessError for anybody but the owner."""
    actor.must_be_owner()
    check_profile(profile)
    with unit_of_work() as uow:
        row = ShopRow.get_or_none() or ShopRow(profile={})
        was, now = differences(row.profile, asdict(profile))
        row.profile = asdict(profile)
        if set_up and row.set_up_at is None:
            row.set_up_at = at
        row.save()
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor))
        if was or now:
            note(Deed.SHOP_CHANGED, actor=actor, at=at, subject=profile.name, before=was, after=now)
