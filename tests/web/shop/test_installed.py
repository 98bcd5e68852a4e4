"""The shop on a phone's home screen: its name, its colours, its logo."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from craftops.domain.people.access import SYSTEM
from craftops.services.shop.profile import save_profile
from craftops.store.database import utcnow
from craftops.store.models import BlobRow
from craftops.testing import Workshop
from craftops.web.shop.installed import SHORT, SIZES


def dress(workshop: Workshop, **changed: str) -> None:
    profile = replace(workshop.shop.profile(), **changed)
    save_profile(workshop.shop, profile, actor=SYSTEM, at=utcnow(), set_up=True)


def test_every_page_leads_to_a_manifest_whose_icons_are_there(workshop: Workshop) -> None:
    visitor = workshop.browser()
    page = visitor.see("/sign-in")
    assert 'rel="manifest" href="/manifest.webmanifest"' in page
    assert 'rel="apple-touch-icon" href="/app-icon-180.png"' in page
    told = visitor.get("/manifest.webmanifest")
    assert told.mimetype == "application/manifest+json"
    assert (told.json["name"], told.json["start_url"], told.json["display"]) == ("Testwerk", "/", "standalone")
    assert {one["purpose"] for one in told.json["icons"]} == {"any", "maskable"}
    for one in told.json["icons"]:
        picture = Image.open(io.BytesIO(visitor.get(one["src"]).data))
        assert f"{picture.width}x{picture.height}" == one["sizes"]
    assert visitor.get("/manifest.webmanifest", headers={"If-None-Match": told.headers["ETag"]}).status_code == 304


def test_it_speaks_the_readers_language(workshop: Workshop) -> None:
    told = workshop.browser().get("/manifest.webmanifest", headers={"Accept-Language": "de"})
    assert (told.json["lang"], told.json["dir"]) == ("de", "ltr")


@pytest.mark.parametrize("name", ["Fab", "Fabrik Nord und Söhne", "Donaudampfschifffahrtsdruckerei", "工房" * 9])
def test_what_stands_below_the_icon_is_short(workshop: Workshop, name: str) -> None:
    dress(workshop, name=name)
    told = workshop.browser().get("/manifest.webmanifest").json
    assert 0 < len(told["short_name"]) <= SHORT
    assert name.startswith(told["short_name"])


@pytest.mark.parametrize("brand", ["#ffee00", "#000000", "#ffffff", "#c8102e"])
def test_the_mark_is_seen_on_any_brand(workshop: Workshop, brand: str) -> None:
    dress(workshop, brand=brand)
    drawn = Image.open(io.BytesIO(workshop.browser().get("/app-icon-192.png").data)).convert("L")
    darkest, lightest = drawn.getextrema()
    assert lightest - darkest > 90


def test_another_brand_is_another_address(workshop: Workshop) -> None:
    visitor = workshop.browser()
    before = {one["src"] for one in visitor.get("/manifest.webmanifest").json["icons"]}
    dress(workshop, brand="#c8102e")
    assert not before & {one["src"] for one in visitor.get("/manifest.webmanifest").json["icons"]}


def test_a_logo_of_any_shape_lies_in_the_circle_that_no_launcher_cuts(workshop: Workshop) -> None:
    for shape in ((900, 90), (90, 900), (300, 300)):
        logo = io.BytesIO()
        Image.new("RGBA", shape, (200, 0, 0, 255)).save(logo, "PNG")
        sha256 = workshop.shop.files.put_bytes(logo.getvalue())
        BlobRow.create(sha256=sha256, size=len(logo.getvalue()), created_at=utcnow())
        dress(workshop, logo_sha=sha256)
        drawn = Image.open(io.BytesIO(workshop.browser().get("/app-icon-512.png").data)).convert("RGB")
        ink = [
            (x - 256) ** 2 + (y - 256) ** 2
            for x in range(0, 512, 4) for y in range(0, 512, 4) if drawn.getpixel((x, y))[1] < 90
        ]  # fmt: skip
        assert ink
        assert max(ink) <= (0.8 * 256) ** 2 * 1.05


@pytest.mark.parametrize("size", [0, 1, 179, 4096, 10**9])
def test_nobody_has_icons_of_any_size_drawn(workshop: Workshop, size: int) -> None:
    assert size not in SIZES
    assert workshop.browser().get(f"/app-icon-{size}.png").status_code == 404
