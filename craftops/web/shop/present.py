"""The shop's face."""

from __future__ import annotations

from datetime import datetime

from flask import url_for

from craftops.domain.shop.profile import ShopProfile
from craftops.services.shop.context import Shop
from craftops.web.frame import labels
from craftops.web.frame.request_context import shop_snapshot
from craftops.web.frame.views import HoursRow, ShopFace


def shop_face(shop: Shop, profile: ShopProfile, now: datetime) -> ShopFace:
    calendar = profile.calendar
    return ShopFace(
        name=profile.name,
        tagline=profile.tagline,
        logo_url=url_for("portal.logo", sha=profile.logo_sha) if profile.logo_sha else "",
        email=profile.email,
        phone=profile.phone,
        address=profile.address,
        hours=() if calendar.always_open else tuple(HoursRow(*row) for row in labels.hours_rows(calendar)),
        open_sentence=labels.open_sentence(calendar, now),
        is_open=calendar.is_open(now),
        demo=shop.is_demo,
        copy=shop_snapshot().copy,
    )
