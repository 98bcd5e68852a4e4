"""The first run."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from samples.pictures import png_bomb

from craftops.store.models import AccountRow
from craftops.testing import Workshop

GOOD = {
    "name": "Werk Süd", "brand": "#aa3366", "timezone": "Europe/Vienna", "currency": "EUR", "address": "Ring 1\n1010 Wien",
    "hours_monday": "09:00-12:00, 13:00-17:00", "closed_on": "2026-12-24", "owner_name": "Olga",
    "owner_email": "olga@example.org", "password": "long enough", "password_again": "long enough",
}  # fmt: skip


def begin(workshop: Workshop) -> str:
    """The address that `craftops run` prints, without its host."""
    return workshop.shop.config.setup_address.removeprefix(workshop.shop.config.base_url)


def test_whoever_comes_first_does_not_own_the_shop(make_workshop: Callable[..., Workshop]) -> None:
    workshop = make_workshop()
    stranger = workshop.browser()
    assert "Is this your shop?" in stranger.see("/setup")
    for code in ("wrong", "0" * 32, "²"):
        answer = stranger.get(f"/setup?code={code}")
        assert answer.status_code == 403
        assert "not the code of this shop" in answer.get_data(as_text=True)
    assert stranger.send("/setup", GOOD, on="/setup").status_code == 200
    assert stranger.send("/setup", {**GOOD, "code": "wrong"}, on="/setup").status_code == 403
    assert AccountRow.select().count() == 0
    assert workshop.shop.config.setup_code() not in stranger.see("/setup")


def test_every_way_leads_to_the_wizard_first(make_workshop: Callable[..., Workshop]) -> None:
    browser = make_workshop().browser()
    for path in ("/", "/staff/", "/sign-in", "/orders/new"):
        assert browser.get(path).headers["Location"] == "/setup"


def test_three_parts_and_the_shop_is_open(make_workshop: Callable[..., Workshop]) -> None:
    workshop = make_workshop()
    browser = workshop.browser()
    picture = io.BytesIO()
    Image.new("RGB", (900, 300), "red").save(picture, "PNG")
    picture.seek(0)
    form = {**GOOD, "logo": (picture, "logo.png")}
    answer = browser.send(begin(workshop), form, on=begin(workshop), content_type="multipart/form-data")
    assert answer.headers["Location"] == "/staff/backups/phrase"
    assert "Write them on paper" in browser.see("/staff/backups/phrase")
    assert "Nothing of this shop is backed up" in browser.see("/staff/")
    profile = workshop.shop.profile()
    assert profile.hours == {"monday": ("09:00-12:00", "13:00-17:00")}
    assert profile.address == ("Ring 1", "1010 Wien")
    visitor = workshop.browser()
    page = visitor.see("/sign-in")
    assert "Werk Süd" in page
    logo = page.split('src="/logo/')[1].split('"')[0]
    assert Image.open(io.BytesIO(visitor.get(f"/logo/{logo}").data)).size == (512, 171)
    assert visitor.get("/setup").status_code == 404


def test_a_mistake_writes_nothing_and_forgets_nothing(make_workshop: Callable[..., Workshop]) -> None:
    workshop = make_workshop()
    browser = workshop.browser()
    bad = {**GOOD, "hours_monday": "nine to five", "password_again": "other", "owner_email": "olga"}
    answer = browser.send(begin(workshop), bad, on=begin(workshop))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Write opening hours as 09:00-18:00" in page
    assert "The two passwords differ." in page
    assert "nine to five" in page
    assert "Werk Süd" in page
    assert AccountRow.select().count() == 0
    assert not workshop.shop.is_set_up()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"<svg onload=alert(1)>", "Use a PNG or a JPEG."), (png_bomb(), "Use a smaller picture.")],
)
def test_a_logo_that_is_none_is_said(make_workshop: Callable[..., Workshop], content: bytes, sentence: str) -> None:
    workshop = make_workshop()
    form = {**GOOD, "logo": (io.BytesIO(content), "logo.png")}
    answer = workshop.browser().send(begin(workshop), form, on=begin(workshop), content_type="multipart/form-data")
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert AccountRow.select().count() == 0
