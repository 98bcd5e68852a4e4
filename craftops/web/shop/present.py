"""The shop's face."""

from __future__ import annotations

from datetime import datetime

from flask import url_for

from craftops.domain.shop.profile import ShopProfile
from craftops.services.shop.context import Shop
from craftops.web.frame import labels
from craftops.web.frame.request_context import shop_snapshot
from craftops.web.frame.views import HoursRow, ShopFace

_faces: dict[tuple[object, ...], tuple[ShopProfile, ShopFace]] = {}
"""How shops look at this minute; what is open changes at full minutes alone."""
MOST_FACES = 64


def shop_face(shop: Shop, profile: ShopProfile, now: datetime) -> ShopFace:
    """The shop as its pages show it; worked out once a minute for each language."""
    logo = url_for("portal.logo", sha=profile.logo_sha) if profile.logo_sha else ""
    minute = int(now.timestamp()) // 60
    key = (id(profile), minute, labels.locale(), shop.is_demo, shop_snapshot().copy, logo)
    known = _faces.get(key)
    if known is None or known[0] is not profile:
        if len(_faces) > MOST_FACES:
            _faces.clear()
        known = _faces[key] = (profile, _face(shop, profile, now, logo))
    return known[1]


def _face(shop: Shop, profile: ShopProfile, now: datetime, logo: str) -> ShopFace:
    calendar = profile.calendar
    return ShopFace(
        name=profile.name,
        tagline=profile.tagline,
        logo_url=logo,
        email=profile.email,
        phone=profile.phone,
        address=profile.address,
        hours=() if calendar.always_open else tuple(HoursRow(*row) for row in labels.hours_rows(calendar)),
        open_sentence=labels.open_sentence(calendar, now),
        is_open=calendar.is_open(now),
        demo=shop.is_demo,
        copy=shop_snapshot().copy,
    )
