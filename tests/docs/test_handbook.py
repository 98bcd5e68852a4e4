"""``/docs`` and ``craftops docs``: every page of the handbook, for people who work here, with links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from craftops.cli import cli
from craftops.testing import Workshop
from craftops.web.shop import handbook

ROOT = Path(__file__).parents[2]
NAMES = [one.name for group in handbook.groups() for one in group.pages]
LINK = re.compile(r'<a [^>]*href="([^"]+)"')
IMAGE = re.compile(r'<img src="([^"]+)"')
NAMED = re.compile(r' id="([^"]+)"')


def test_every_text_of_the_folder_is_a_page() -> None:
    there = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert set(NAMES) == there
    assert all(one.title != one.name for group in handbook.groups() for one in group.pages)


def test_people_who_work_here_read_every_page_and_every_link_leads_somewhere(workshop: Workshop) -> None:
    staff = workshop.browser("sam")
    places: dict[str, set[str]] = {}
    led: list[tuple[str, str]] = []
    for name in NAMES:
        answer = staff.get(f"/docs/{name}")
        assert answer.status_code == 200, name
        text = answer.get_data(as_text=True).partition("<article")[2].partition("</article>")[0]
        assert "<script" not in text
        assert " style=" not in text
        places[f"/docs/{name}"] = set(NAMED.findall(text))
        led += [(f"/docs/{name}", one) for one in LINK.findall(text)]
        for picture in IMAGE.findall(text):
            assert staff.get(picture).mimetype == "image/webp", picture
    for here, target in led:
        path, _, place = target.partition("#")
        if not path.startswith("https://"):
            assert (path or here) in places, f"{here} leads to {target}"
            assert not place or unquote(place) in places[path or here], f"{here} leads to {target}"
    assert set(re.findall(r'href="/docs/([\w/-]+)"', staff.see("/docs"))) == set(NAMES)
    assert 'href="/docs"' in staff.see("/staff/")


def test_nobody_else_reads_it(workshop: Workshop) -> None:
    for path in ("/docs", "/docs/operators/running", "/docs/screenshots/themes-dark.webp"):
        assert workshop.browser("ada").get(path).status_code == 404
        assert workshop.browser().get(path).status_code == 303


@pytest.mark.parametrize("name", ["operators/none", "../README", "operators", "screenshots/../plugins", "plugins.md"])
def test_what_is_no_page_is_none(workshop: Workshop, name: str) -> None:
    assert workshop.browser("sam").get(f"/docs/{name}").status_code == 404


def test_tags_in_a_text_are_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# A\n\n<script>alert(1)</script> [x](javascript:alert(1)) [b](b.md#c) [s](../s.py)\n"
    )
    (tmp_path / "b.md").write_text("# B\n\n## C\n")
    monkeypatch.setattr(handbook, "home", lambda: tmp_path)
    handbook.groups.cache_clear()
    try:
        said = handbook.html_of("a", lambda one: f"/docs/{one}")
    finally:
        handbook.groups.cache_clear()
    assert "<script>" not in said
    assert "javascript:" not in re.sub(r"\[x\].*?\)\)", "", said)
    assert '<a href="/docs/b#c">b</a>' in said
    assert "<span>s</span>" in said


def test_one_command_writes_all_of_it_into_a_folder(tmp_path: Path) -> None:
    target = tmp_path / "handbook"
    done = CliRunner().invoke(cli, ["docs", str(target)])
    assert done.exit_code == 0, done.output
    pages = {path.relative_to(target).as_posix(): path.read_text() for path in target.rglob("*.html")}
    assert set(pages) == {"index.html", *(f"{name}.html" for name in NAMES)}
    for name, text in pages.items():
        here = (target / name).parent
        for link in [*LINK.findall(text), *IMAGE.findall(text), *re.findall(r'<link [^>]*href="([^"]+)"', text)]:
            path, _, place = link.partition("#")
            if not path.startswith("https://"):
                found = (here / path).resolve() if path else target / name
                assert found.is_file(), f"{name} leads to {link}"
                assert not place or f'id="{unquote(place)}"' in found.read_text(), f"{name} leads to {link}"
    style = (target / "style.css").read_text()
    assert "url(" not in style
    assert "--ground" in style
    again = CliRunner().invoke(cli, ["docs", str(target)])
    assert again.exit_code == 1
    assert "There is something in" in str(again.exception)
