"""``craftops theme check`` names the rule, the place and the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from craftops.cli import cli
from craftops.web.frame.theme_check import ThemeCheck

ROOT = Path(__file__).parents[2]
SHEET = """/* url(https://fonts.example/in-a-comment.css) */
@import "https://fonts.example/all.css";
:root {
  --surface: #ffffff;
  --muted: #aaaaaa;
  --edge: color-mix(in srgb, red, white);
}
.portal .card { color: var(--textt); background: url("/theme/loud/none.png"); }
"""
PAGE = """{% extends "~portal/order.html" %}
{% block titel %}Ours{% endblock %}
{% block content %}
<p style="color: red" onclick="go()">x</p>
<img src="https://pictures.example/a.png">
{% include "portal/_nowhere.html" %}
<a href="https://elsewhere.example">a link is no asset</a>
{% endblock %}
"""


def said(*arguments: str, data: Path) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["--data", str(data), "theme", "check", *arguments])
    assert not isinstance(result.exception, AssertionError)
    return result.exit_code, result.output + (str(result.exception) if result.exc_info and result.exit_code else "")


@pytest.fixture
def loud(tmp_path: Path) -> Path:
    folder = tmp_path / "loud"
    for name, text in {
        "tokens.css": SHEET,
        "__init__.py": 'Theme("loud", "Loud", Path(__file__).parent, parent="workshop")\n',
        "templates/portal/order.html": PAGE,
        "templates/portal/ordre.html": "fine, and nobody's",
        "templates/portal/history.html": "{% block title %}{% endblok %}",
        "templates/portal/_own.html": "a part of its own",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_each_rule_is_named_with_its_place_and_why(loud: Path, tmp_path: Path) -> None:
    code, text = said(str(loud), data=tmp_path / "shop")
    assert code == 1
    for line in (
        'tokens.css:2: remote asset: @import "https://fonts.example/all.css: pages fetch nothing from other hosts',
        "tokens.css:5: contrast: --muted: 2.32 : 1 on --surface by day; it takes 4.5 : 1",
        "tokens.css:6: unreadable colour: --edge: write #rrggbb or oklch(l c h), so that its contrast can be seen",
        "tokens.css:8: missing token: --textt: nobody gives it a value",
        "tokens.css:8: missing file: /theme/loud/none.png: there is no such file in static",
        "templates/portal/order.html:2: unknown block: titel: ~portal/order.html shows no block of this name",
        "templates/portal/order.html:4: inline style: <p style=: pages allow no style attribute; use a class",
        "templates/portal/order.html:4: inline script: ",
        'templates/portal/order.html:5: remote asset: <img src="https://pictures.example/a.png: ',
        "templates/portal/order.html:6: unknown template: portal/_nowhere.html: no layer has it",
        "templates/portal/ordre.html: unknown template: no page of this name is looked for",
        "templates/portal/history.html:1: template syntax: ",
    ):
        assert line in text
    assert "in-a-comment" not in text
    assert "elsewhere" not in text
    assert "_own.html" not in text


def test_a_paper_on_which_no_colour_can_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "tokens.css").write_text(":root { --surface: #777777; --text: #000000; --muted: #000000; }\n")
    found = [one for one in ThemeCheck(tmp_path).faults() if one.what == "--brand-ink"]
    assert found
    assert "with the colour #" in found[0].why


@pytest.mark.parametrize("theme", sorted(path.parent.name for path in (ROOT / "themes").glob("*/tokens.css")))
def test_bundled_themes_keep_every_rule(theme: str, tmp_path: Path) -> None:
    assert said(theme, data=tmp_path) == (0, f"+ {theme}: every rule is kept\n")


def test_the_shop_s_own_folder_is_checked_with_its_theme(tmp_path: Path) -> None:
    own = tmp_path / "theme" / "templates" / "portal"
    own.mkdir(parents=True)
    (own / "order.html").write_text('{% extends "~portal/order.html" %}{% block nobody %}{% endblock %}')
    code, text = said("--json", data=tmp_path)
    assert code == 1
    assert [(one["theme"], one["rule"], one["line"]) for one in json.loads(text.splitlines()[0])] == [
        ("the shop's own folder", "unknown block", 1)
    ]
    (own / "order.html").unlink()
    assert said(data=tmp_path) == (0, "+ workshop: every rule is kept\n+ the shop's own folder: every rule is kept\n")


def test_what_is_no_theme_is_said(tmp_path: Path) -> None:
    code, text = said("baroque", data=tmp_path)
    assert code == 1
    assert "There is no theme and no folder 'baroque'. Themes that are switched on: " in text
    (tmp_path / "empty").mkdir()
    assert "a theme has a tokens.css" in said(str(tmp_path / "empty"), data=tmp_path)[1]
