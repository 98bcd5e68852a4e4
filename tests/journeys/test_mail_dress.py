"""What a mail looks like, whatever language it speaks: the shop's colours by day and by night, and a heading of its own."""

from __future__ import annotations

import re

import pytest

from craftops.sdk.notification import Notice
from craftops.services.messages.delivery import NoticeDraft
from craftops.store.viewing import order_view, person_view
from craftops.testing import Workshop
from craftops.web.messages.mail import make_renderer

STYLE = re.compile(r' style="([^"]*)"')


def written(workshop: Workshop, kind: str, language: str) -> Notice:
    person = workshop.people["ada"]
    person.language = language
    order = workshop.place("ada") if kind == "received" else None
    draft = NoticeDraft(
        kind, person_view(person), order_view(order) if order else None, f"{kind}:1", link_token="token"
    )
    return make_renderer(workshop.app)(draft)


@pytest.mark.parametrize("kind", ["received", "sign_in_link"])
def test_every_language_wears_the_same(workshop: Workshop, kind: str) -> None:
    english, german = (written(workshop, kind, language).html for language in ("en", "de"))
    assert STYLE.findall(english) == STYLE.findall(german)
    for rule in STYLE.findall(english):
        for part in filter(None, rule.split(";")):
            assert part.partition(":")[2].strip(), f"{part!r} says nothing"
    night = re.search(r"@media \(prefers-color-scheme: dark\) \{(.*?)\} ?</style>", english, re.DOTALL)
    assert night
    assert len(re.findall(r"#[0-9a-f]{6} !important", night[1])) == night[1].count("!important") == 11
    assert night[1] in german


def test_a_mail_about_no_order_begins_with_its_subject(workshop: Workshop) -> None:
    mail = written(workshop, "sign_in_link", "en")
    assert f'">{mail.subject}</p>' in mail.html
