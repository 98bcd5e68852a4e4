"""Pages of plugins: they hide no other page, and one that breaks says so and is counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from craftops.errors import RuleError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.pages import Audience, OwnPage, PageAnswer, PageRequest
from craftops.sdk.settings import NoSettings
from craftops.testing import Workshop

TEMPLATE = """{% extends "staff/base.html" %}{% block title %}{{ page_title }}{% endblock %}
{% block content %}<h1>{{ page_title }}</h1><p>{{ words }}</p>
<form method="post">{{ ui.token(csrf_token()) }}<button>Do it</button></form>{% endblock %}"""


class Bench(Plugin[NoSettings]):
    name = "bench"
    title = "Bench"
    summary = "Has pages of its own."
    folder = Path()

    @hookimpl
    def register_pages(self) -> Iterable[OwnPage]:
        template = self.folder / "page.html"
        template.write_text(TEMPLATE)

        def page(
            name: str, answer: Callable[[PageRequest], PageAnswer], audience: Audience = Audience.STAFF
        ) -> OwnPage:
            return OwnPage(name, name.title(), audience, template, answer, icon="cube" if name == "queue" else "")

        return [
            page("queue", self.queue), page("books", self.queue, Audience.OWNER), page("mine", self.mine, Audience.CUSTOMER),
            page("raising", lambda _asked: 1 / 0),  # type: ignore[arg-type, return-value]
            page("leaving", lambda _asked: exit(3)),
            page("hanging", lambda _asked: threading.Event().wait()),  # type: ignore[arg-type, return-value]
            page("wrong", lambda _asked: "text"),  # type: ignore[arg-type, return-value]
            page("refusing", self.refuse),
        ]  # fmt: skip

    def queue(self, asked: PageRequest) -> PageAnswer:
        return PageAnswer({"words": f"{asked.actor.name} {asked.query.get('q', '')}<b>"}, said="Done.")

    def mine(self, asked: PageRequest) -> PageAnswer:
        return PageAnswer({"words": f"account {asked.actor.id}"})

    def refuse(self, asked: PageRequest) -> PageAnswer:
        if asked.method == "POST":
            raise RuleError("Not on a Sunday.")
        return PageAnswer({"words": "closed"})


@pytest.fixture
def bench(plug_in: Callable[..., Workshop], tmp_path: Path) -> Workshop:
    Bench.folder = tmp_path
    shop = plug_in(Bench)
    shop.shop.plugins.question_s = 0.3
    return shop


def test_each_is_there_for_whom_it_is_meant(bench: Workshop) -> None:
    sam, olga, ada = (bench.browser(who) for who in ("sam", "olga", "ada"))
    page = sam.see("/staff/x/bench/queue?q=now")
    assert "Sam now&lt;b&gt;" in page, "what a plugin says is text"
    assert 'href="/staff/x/bench/queue"' in page, "and it has its place in the menu"
    assert 'href="/staff/x/bench/queue"' in sam.see("/staff/board")
    assert page.count("aria-current=page") == 1
    assert sam.get("/staff/x/bench/books").status_code == 403
    assert "Olga" in olga.see("/staff/x/bench/books")
    assert ada.get("/staff/x/bench/queue").status_code == 404
    assert ada.get("/x/bench/queue").status_code == 404
    assert f"account {bench.people['ada'].id}" in ada.see("/x/bench/mine")
    assert bench.browser().get("/x/bench/mine").status_code == 303
    for path in ("/staff/x/bench/nothing", "/staff/x/nobody/queue"):
        assert olga.get(path).status_code == 403


def test_a_form_is_a_form_of_ours(bench: Workshop) -> None:
    sam, path = bench.browser("sam"), "/staff/x/bench/queue"
    assert sam.client.post(path, data={"csrf_token": "forged"}).status_code == 400
    assert sam.send(path, on=path).status_code == 303
    assert "Done." in sam.see(path)
    refused = sam.send("/staff/x/bench/refusing", on="/staff/x/bench/refusing")
    assert refused.status_code == 422
    assert "Not on a Sunday." in refused.get_data(as_text=True)


@pytest.mark.parametrize("name", ["raising", "leaving", "hanging", "wrong"])
def test_one_that_breaks_says_so_and_is_counted(bench: Workshop, name: str) -> None:
    answer = bench.browser("sam").get(f"/staff/x/bench/{name}")
    assert answer.status_code == 500
    assert name.title() in answer.get_data(as_text=True)
    assert bench.shop.plugins.failures["bench"] == 1
    assert bench.browser("sam").get("/staff/x/bench/queue").status_code == 200


def test_a_shop_may_have_its_own_template(bench: Workshop) -> None:
    own = bench.shop.config.data / "theme" / "templates" / "plugins" / "bench"
    own.mkdir(parents=True)
    (own / "queue.html").write_text('{% extends "~plugins/bench/queue.html" %}{% block title %}Ours{% endblock %}')
    assert "<title>Ours" in bench.browser("sam").see("/staff/x/bench/queue")
