"""The theme studio: put together, looked at, kept, undone, taken elsewhere."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import craftops
from craftops.domain.shop.profile import ShopProfile
from craftops.testing import Workshop
from craftops.web.shop.theme_package import name_of

PAGE = "/staff/settings/look"
CHOSEN = {
    "theme": "pebble", "accent": "#ffd400", "own_ground": "1", "ground": "#336699", "ground_shown": "1", "target": "aaa",
    "type": "bitter", "corners": "square", "room": "compact", "w_received": "It is here", "w_home": "What we make for you",
    "w_mail_close": "Yours, the workshop",
}  # fmt: skip


@pytest.fixture
def werk(make_workshop: Callable[..., Workshop]) -> Workshop:
    workshop = make_workshop()
    workshop.open(ShopProfile(name="Werk", brand="#d4532b"))
    return workshop


def picture(colour: str = "#336699") -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (64, 32), colour).save(file, "PNG")
    file.seek(0)
    return file


def keep(werk: Workshop, **more: Any) -> Any:
    return werk.browser("olga").send(PAGE, {**CHOSEN, "do": "keep", **more}, on=PAGE)


def test_what_is_shown_is_not_kept_and_what_is_kept_is_worn_at_once(werk: Workshop) -> None:
    olga, ada = werk.browser("olga"), werk.browser("ada")
    before = ada.see("/theme.css")
    shown = olga.send(PAGE, {**CHOSEN, "do": "show"}, on=PAGE)
    assert shown.status_code == 303
    address = shown.headers["Location"].partition("#")[0]
    studio = olga.see(address)
    assert "not kept yet" in studio
    assert 'value="It is here"' in studio
    assert ada.see("/theme.css") == before

    frame = next(part.split('"')[0] for part in studio.split('src="') if part.startswith(f"{PAGE}/preview/order?"))
    page = olga.see(frame.replace("&amp;", "&"))
    assert 'data-theme="pebble"' in page
    assert "<script" not in page
    sheet = page.split(f'href="{PAGE}/sheet.css')[1].split('"')[0].replace("&amp;", "&")
    tried = olga.see(f"{PAGE}/sheet.css{sheet}")
    assert "--brand: #ffd400" in tried
    assert "--radius: 0;" in tried
    assert "prefers-color-scheme" not in tried, "a frame shows the scheme that it says"

    olga.send(PAGE, {**CHOSEN, "do": "keep"}, on=PAGE)
    worn = ada.see("/theme.css")
    assert "--brand: #ffd400" in worn
    assert "Bitter" in worn
    home = ada.see("/")
    assert 'data-theme="pebble"' in home
    assert "<h1>What we make for you</h1>" in home
    order = werk.place("ada")
    assert '<p class="sentence" role="status">It is here</p>' in ada.see(f"/orders/{order.code}")
    assert werk.shop.profile().brand == "#ffd400", "papers and mails take it too"


def test_undo_and_every_look_of_before(werk: Workshop) -> None:
    olga = werk.browser("olga")
    keep(werk)
    keep(werk, accent="#1f6feb")
    first = olga.see(PAGE).split('name="version" value="')
    assert len(first) == 4, "undo, back to the file, and the look before"
    olga.send("/staff/settings/back", {"topic": "look", "version": "1", "back": PAGE}, on=PAGE)
    assert werk.shop.profile().brand == "#ffd400"
    olga.send("/staff/settings/back", {"topic": "look", "version": "0", "back": PAGE}, on=PAGE)
    assert werk.shop.profile().brand == "#d4532b"
    assert 'data-theme="workshop"' in werk.browser("ada").see("/")


def test_a_logo_is_drawn_again_and_is_seen_before_it_is_kept(werk: Workshop) -> None:
    olga = werk.browser("olga")
    shown = olga.send(PAGE, {**CHOSEN, "do": "show", "logo": (picture(), "logo.png")}, on=PAGE)
    sha = shown.headers["Location"].split("logo_sha=")[1].split("&")[0].split("#")[0]
    assert olga.get(f"/logo/{sha}").status_code == 200
    assert werk.browser("ada").get(f"/logo/{sha}").status_code == 404, "nobody else sees what is not worn"
    keep(werk, logo_sha=sha)
    assert f"/logo/{sha}" in werk.browser("ada").see("/")
    assert werk.browser().get(f"/logo/{sha}").status_code == 200
    keep(werk, logo_sha=sha, remove_logo="1")
    assert "/logo/" not in werk.browser("ada").see("/")
    stranger = werk.shop.files.put_bytes(b"solid cube")
    assert keep(werk, logo_sha=stranger).status_code == 422
    wrong = keep(werk, logo=(io.BytesIO(b"<svg/>"), "logo.png"))
    assert wrong.status_code == 422
    assert "Use a PNG or a JPEG." in wrong.get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("accent", "red", "Write the colour as #rrggbb."),
        ("ground", "#12", "Write the colour as #rrggbb."),
        ("type", "comic", "Choose one of these."),
        ("theme", "baroque", "Some answers cannot be used yet."),
        ("w_home", "x" * 200, "Write at most 120 characters."),
    ],
)
def test_bad_input_is_said_beside_its_field_and_loses_nothing(
    werk: Workshop, field: str, value: str, sentence: str
) -> None:
    answer = keep(werk, **{field: value})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    assert 'value="It is here"' in page
    assert werk.shop.look.theme == ""
    assert werk.browser("olga").get(f"{PAGE}/preview/order", query_string={field: value}).status_code == 422


def test_every_page_of_the_preview_is_framed_by_us_alone_and_runs_nothing(werk: Workshop) -> None:
    olga = werk.browser("olga")
    for page in ("order", "home", "parts", "mail"):
        answer = olga.get(f"{PAGE}/preview/{page}?theme=blueprint&accent=%23d4532b&scheme=dark")
        assert answer.status_code == 200
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "<script" not in answer.get_data(as_text=True)
    assert "frame-src 'self'" in olga.get(PAGE).headers["Content-Security-Policy"]
    assert "frame-src" not in olga.get("/staff/settings").headers["Content-Security-Policy"]
    assert olga.get("/staff/settings").headers["X-Frame-Options"] == "DENY"
    assert olga.get(f"{PAGE}/preview/nothing").status_code == 404
    paper = Image.open(io.BytesIO(olga.get(f"{PAGE}/paper.png?accent=%23aa3366").data))
    assert paper.height > paper.width
    assert "All parts" in olga.see(f"{PAGE}/parts")
    for path in (PAGE, f"{PAGE}/parts", f"{PAGE}/preview/order", f"{PAGE}/sheet.css", f"{PAGE}/theme.zip"):
        assert werk.browser("sam").get(path).status_code == 403


def test_a_frame_leaves_what_is_said_once_to_the_page_around_it(werk: Workshop) -> None:
    olga = werk.browser("olga")
    olga.send(PAGE, {**CHOSEN, "do": "keep"}, on=PAGE)
    assert "Kept. Every page wears it now." not in olga.see(f"{PAGE}/preview/home?accent=%23aa3366")
    assert "Kept. Every page wears it now." in olga.see(PAGE)


def test_mails_wear_it(werk: Workshop) -> None:
    keep(werk)
    mail = werk.browser("olga").see(f"{PAGE}/preview/mail")
    assert "#ffd400" in mail
    assert "Yours, the workshop" in mail
    assert "border-radius: 0" in mail


def test_a_theme_that_is_switched_off_later_gives_way_and_is_told(werk: Workshop) -> None:
    keep(werk)
    del werk.shop.plugins.themes["pebble"]
    assert 'data-theme="workshop"' in werk.browser("ada").see("/")
    assert "The theme pebble is not switched on any more." in werk.browser("olga").see(PAGE)


def test_a_package_says_what_it_is(werk: Workshop) -> None:
    answer = werk.browser("olga").get(
        f"{PAGE}/theme.zip?theme=atelier&ground=%23336699&corners=round&title=Werk+%22Blau%22"
    )
    assert answer.headers["Content-Disposition"] == 'attachment; filename="theme_werk_blau.zip"'
    files = zipfile.ZipFile(io.BytesIO(answer.data))
    assert 'parent="atelier"' in files.read("theme_werk_blau/theme_werk_blau/__init__.py").decode()
    sheet = files.read("theme_werk_blau/theme_werk_blau/tokens.css").decode()
    assert "--radius: 22px" in sheet
    assert "--brand" not in sheet
    assert [name_of(text) for text in ("Über uns", "1", "", "workshop")] == [
        "ber_uns",
        "our_look",
        "our_look",
        "workshop",
    ]


PLACES_OF_PARTS = {
    "again", "again-head", "again-link", "attached", "camera", "clock", "composer", "few-field", "first-line", "fixes",
    "floor", "form-page", "frame", "grid", "history", "history-row", "hours", "keep-photo", "large-photo", "line",
    "line-block", "line-name", "line-title", "links", "mended", "nearest", "new-line", "open", "or", "order-head",
    "photos", "portal", "qr-box", "question", "revise", "scripted", "seen", "sending", "split", "sticky-bottom", "thread",
    "to-send", "turn", "units", "version", "versions",
}  # fmt: skip
"""Classes of the portal's sheet that only say where parts stand, or that hold a picture of somebody's."""


def test_the_gallery_has_every_part_that_pages_are_made_of(werk: Workshop) -> None:
    page = werk.browser("olga").see("/staff/settings/look/parts")
    shown = set(re.findall(r'class="([^"]*)"', page))
    shown = {name for names in shown for name in names.split()}
    css = (Path(craftops.__file__).parent / "static" / "css" / "portal.css").read_text()
    parts = set(re.findall(r"^  \.([a-z][a-z-]*)", css, flags=re.MULTILINE))
    assert sorted(parts - shown - PLACES_OF_PARTS) == []
    assert sorted(PLACES_OF_PARTS - parts) == [], "and the list of exceptions does not outlive them"
    macros = (Path(craftops.__file__).parent / "templates" / "_ui.html").read_text()
    gallery = (Path(craftops.__file__).parent / "templates" / "staff" / "look_parts.html").read_text()
    used = {name for name in re.findall(r"macro (\w+)", macros) if f"ui.{name}(" in gallery}
    assert set(re.findall(r"macro (\w+)", macros)) - used == {"token", "notes"}, "a form's token, and what field uses"
