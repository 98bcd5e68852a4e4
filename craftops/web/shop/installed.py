"""The shop as an app on a phone: what a browser asks for before it puts the shop on the home screen.

Web app manifest after W3C (https://www.w3.org/TR/appmanifest/). Without the network there is nothing to show, so there
is no service worker: an old page must never be taken for how an order stands.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from functools import lru_cache

import orjson
from flask import Blueprint, Response, abort, request, url_for

from craftops.services.shop.looks import is_logo
from craftops.web.frame import theming
from craftops.web.frame.language import choice
from craftops.web.frame.language.templates import language
from craftops.web.frame.request_context import current_shop, sight

blueprint = Blueprint("installed", __name__)
SIZES = (180, 192, 512)
"""Pixels: what iOS, then what Android and desktops want."""
SHORT = 12
"""Letters that fit below an icon."""
SAFE = 0.8
"""What of a maskable icon no launcher cuts off: the circle in its middle (W3C, "safe zone")."""
DRAWN_LARGER = 4


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """Name, colours and icons of the shop's look."""
    profile = sight().profile
    colours = theming.colours(current_shop(), profile.brand)
    mark = _mark(profile.logo_sha, colours)
    name, home = profile.name, url_for("portal.dashboard")
    body = {
        "id": home,
        "name": name,
        "short_name": name if len(name) <= SHORT else name[:SHORT].rsplit(" ", 1)[0],
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "lang": language(),
        "dir": choice.direction(),
        "background_color": colours["ground"],
        "theme_color": colours["ground"],
        "icons": [
            {
                "src": url_for("installed.icon", size=size, v=mark),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size in SIZES[1:]
            for purpose in ("any", "maskable")
        ],
    }
    response = Response(orjson.dumps(body), mimetype="application/manifest+json")
    response.headers["Vary"] = "Accept-Language, Cookie"
    response.add_etag()
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


@blueprint.get("/app-icon-<int:size>.png")
def icon(size: int) -> Response:
    """The shop's logo, or its mark, on its colour."""
    if size not in SIZES:
        abort(404)
    colours = theming.colours(current_shop(), sight().profile.brand)
    logo = _logo()
    picture = _icon(size, colours["brand"], colours["on-brand"], colours["surface"], logo)
    response = Response(picture, mimetype="image/png")
    response.add_etag()
    response.cache_control.public = True
    response.cache_control.max_age = 86_400
    response.make_conditional(request)
    return response


def _logo() -> bytes:
    shop, sha256 = current_shop(), sight().profile.logo_sha
    return shop.files.path(sha256).read_bytes() if sha256 and is_logo(shop, sha256) else b""


def _mark(logo_sha: str, colours: Mapping[str, str]) -> str:
    """Changes with the look, so that a browser asks again."""
    text = f"{logo_sha} {colours['brand']} {colours['on-brand']}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@lru_cache(maxsize=12)
def _icon(size: int, brand: str, on_brand: str, surface: str, logo: bytes) -> bytes:
    from PIL import Image, ImageDraw  # a twentieth of a second to load, and needed by no other page of this kind

    side = size * DRAWN_LARGER
    drawn = Image.new("RGB", (side, side), surface if logo else brand)
    room = int(side * SAFE / 2**0.5)  # the largest square in the circle that nobody cuts
    if logo:
        with Image.open(io.BytesIO(logo)) as picture:
            picture.load()
            large = picture.convert("RGBA")
        scale = min(room / large.width, room / large.height)
        fitting = large.resize((max(1, round(large.width * scale)), max(1, round(large.height * scale))))
        drawn.paste(fitting, ((side - fitting.width) // 2, (side - fitting.height) // 2), fitting)
    else:
        _cube(ImageDraw.Draw(drawn), side, room, on_brand)
    out = io.BytesIO()
    drawn.resize((size, size), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _cube(pen: object, side: int, room: int, colour: str) -> None:
    """The mark of CraftOps: a cube seen from its corner."""
    middle, half = side / 2, room / 2
    across = half * 0.9
    top, bottom, left, right = middle - half, middle + half, middle - across, middle + across
    upper, lower = middle - half / 2, middle + half / 2
    width = max(1, round(room / 9))
    rim = [(middle, top), (right, upper), (right, lower), (middle, bottom), (left, lower), (left, upper), (middle, top)]
    for line in (rim, [(left, upper), (middle, middle), (right, upper)], [(middle, middle), (middle, bottom)]):
        pen.line(line, fill=colour, width=width, joint="curve")  # type: ignore[attr-defined]
    for x, y in (*rim, (middle, middle)):
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=colour)  # type: ignore[attr-defined]
