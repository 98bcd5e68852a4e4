"""Where a page comes from: the shop's folder, the theme, its parent, the core; and a layer that fails stands aside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from craftops.domain.shop.profile import ShopProfile
from craftops.testing import Workshop
from craftops.web.frame import layers, theming

MAKE = Callable[..., Workshop]


def write(workshop: Workshop, file: str, text: str) -> Path:
    path = workshop.shop.config.data / "theme" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def werk(make_workshop: MAKE, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setattr(layers, "LOOK_EVERY_S", 0.0)
    workshop = make_workshop('[theme]\nname = "atelier"\n')
    workshop.open(ShopProfile(name="Werk", brand="#d4532b"))
    return workshop


def test_what_fails_while_a_page_is_made_stands_aside_and_is_told(
    werk: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    order = werk.place("ada")
    ada = werk.browser("ada")
    bad = "{% extends '~portal/order.html' %}{% block title %}{{ page.nobody.at_all }}{% endblock %}"
    path = write(werk, "templates/portal/order.html", bad)
    page = ada.see(f"/orders/{order.code}")
    assert 'class="split atelier"' in page, "the theme's page is shown"
    assert "order.html cannot be read (line 1: " in caplog.text
    with werk.app.test_request_context("/"):
        assert list(theming.faults(werk.shop)) == ["theme/templates/portal/order.html"]
    path.write_text("{% extends '~portal/order.html' %}{% block title %}Ours{% endblock %}")
    assert "<title>Ours" in ada.see(f"/orders/{order.code}"), "a change is taken up without a restart"
    with werk.app.test_request_context("/"):
        assert theming.faults(werk.shop) == {}


def test_a_fault_of_the_core_is_no_theme_s(werk: Workshop) -> None:
    write(werk, "templates/portal/_parts.html", "fine")
    with werk.app.test_request_context("/"), pytest.raises(layers.TemplateError):
        werk.app.jinja_env.get_template("portal/order.html").render()


def test_a_part_that_is_included_from_nowhere_is_left_out_with_its_page(werk: Workshop) -> None:
    write(werk, "templates/portal/dashboard.html", "{% extends '~portal/dashboard.html' %}{% block content %}{% include 'portal/_not_there.html' %}{% endblock %}")  # fmt: skip
    assert "Your orders" in werk.browser("ada").see("/")


def test_a_picture_of_the_shop_goes_before_that_of_the_theme(werk: Workshop) -> None:
    write(werk, "static/mark.svg", "<svg/>")
    write(werk, "templates/portal/dashboard.html", "{% extends '~portal/dashboard.html' %}{% block title %}{{ theme_asset('mark.svg') }}{{ theme_asset('none.svg') }}{% endblock %}")  # fmt: skip
    ada = werk.browser("ada")
    assert "<title>/theme/own/mark.svg ·" in ada.see("/")
    assert ada.see("/theme/own/mark.svg") == "<svg/>"
    assert ada.get("/theme/own/../shop.toml").status_code == 404
    assert ada.get("/theme/nobody/mark.svg").status_code == 404


def test_the_sheet_is_made_once_and_says_the_colours_of_the_shop(werk: Workshop) -> None:
    first = werk.browser().see("/theme.css")
    assert "--brand: #ca4920" in first
    assert "Bitter" in first
    before = theming.theme_sheet.sheet.cache_info().hits
    assert werk.browser().see("/theme.css") == first
    assert theming.theme_sheet.sheet.cache_info().hits == before + 1
    write(werk, "tokens.css", ":root { --ground: #ffeedd; }")
    changed = werk.browser().see("/theme.css")
    assert changed.rstrip().endswith(":root { --ground: #ffeedd; }"), "the shop has the last word"
    assert changed != first


def test_a_condition_without_an_else_shows_nothing_where_it_does_not_hold(workshop: Workshop) -> None:
    with workshop.app.test_request_context("/"):
        shown = workshop.app.jinja_env.from_string("<a class=\"{{ 'on' if on }}{{ ('b' if on) or 'c' }}\">").render(
            on=False
        )
    assert shown == '<a class="c">'
