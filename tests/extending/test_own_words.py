"""A plugin speaks more than English: what its catalogue says stands on its pages, and never over words of the core."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from craftops.testing import Workshop
from craftops.web.frame.language import catalogues

MODULE = '''
from pathlib import Path

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.pages import Audience, OwnPage, PageAnswer
from craftops.sdk.settings import NoSettings

PAGE = """{% extends "portal/base.html" %}{% block title %}{{ page_title }}{% endblock %}
{% block content %}<h1>A day on the river</h1><p>Sign out</p>{% endblock %}"""


class Bilingual(Plugin[NoSettings]):
    name = "bilingual"
    title = "Bilingual"
    summary = "Speaks German, too."

    @hookimpl
    def register_pages(self):
        template = Path(__file__).parent / "page.html"
        template.write_text(PAGE)
        return [OwnPage("river", "River", Audience.CUSTOMER, template, lambda asked: PageAnswer({}))]
'''
CATALOGUE = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"

msgid "A day on the river"
msgstr "Ein Tag am Fluss"

msgid "Sign out"
msgstr "Nichts wie weg"
"""


@pytest.fixture
def shop(plug_in: Callable[..., Workshop], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    folder = tmp_path / "bilingual"
    (folder / "locale" / "de").mkdir(parents=True)
    (folder / "__init__.py").write_text(MODULE)
    (folder / "locale" / "de" / "own.po").write_text(CATALOGUE)
    found = importlib.util.spec_from_file_location("bilingual", folder / "__init__.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    monkeypatch.setitem(sys.modules, "bilingual", module)
    found.loader.exec_module(module)
    monkeypatch.setattr(catalogues, "_beside", [])
    yield plug_in(module.Bilingual)
    catalogues.catalogue.cache_clear()


def test_it_speaks_the_readers_language_and_leaves_the_cores_words(shop: Workshop) -> None:
    ada = shop.browser("ada")
    assert "A day on the river" in ada.see("/x/bilingual/river")
    ada.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    page = ada.see("/x/bilingual/river")
    assert "Ein Tag am Fluss" in page
    assert "A day on the river" not in page
    assert "Abmelden" in page
    assert "Nichts wie weg" not in page
