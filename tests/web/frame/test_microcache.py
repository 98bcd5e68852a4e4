"""The same page again within the second: nobody gets what is not theirs, or what is not true any more."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from craftops.store.commit_watch import commit_watch
from craftops.store.database import is_sqlite, unit_of_work, utcnow
from craftops.store.models import OrderRow, SettingsRow
from craftops.testing.workshop import Browser, Workshop
from craftops.web.frame.metrics import EXTENSION
from craftops.web.frame.microcache import LARGEST, MOST, OLDEST_S, Microcache


@dataclass
class Shopfront:
    """A shop behind the cache, with a clock that is set by hand."""

    workshop: Workshop
    now: float = 1000.0
    asked: list[str] = field(default_factory=list)

    def app(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.asked.append(environ["PATH_INFO"])
        return self.inner(environ, start_response)

    def behind(self, state: Any) -> None:
        self.inner = self.workshop.app.wsgi_app
        self.cache = Microcache(self.app, state, lambda: self.now)
        self.workshop.app.wsgi_app = self.cache  # type: ignore[method-assign]

    def browser(self, who: str) -> Browser:
        """Somebody's, which has been here before: the first page of a new sign-in is written down."""
        found = self.workshop.browser(who)
        found.see("/")
        return found

    def makes(self, work: Any) -> int:
        """How many pages are made for this."""
        before = len(self.asked)
        work()
        return len(self.asked) - before

    def gives_again(self, work: Any) -> bool:
        """Whether it is done without making a page. The transactions of PostgreSQL are those of all its databases, in
        which other tests write meanwhile: there it is tried until they are quiet."""
        return any(self.makes(work) == 0 for _ in range(1 if is_sqlite() else 200))


@pytest.fixture
def front(workshop: Workshop) -> Iterator[Shopfront]:
    state, unwatched = commit_watch()
    assert state() is not None
    made = Shopfront(workshop)
    made.behind(state)
    yield made
    unwatched()


NONCE = re.compile(r"nonce-([\w-]+)'")
KEY = re.compile(r'name="token" value="([0-9a-f]{32})"')


def test_a_page_is_made_once_and_every_answer_has_a_nonce_of_its_own(front: Shopfront) -> None:
    order = front.workshop.place("ada")
    ada = front.browser("ada")
    path = f"/orders/{order.code}"
    ada.see(path)
    several: list[Any] = []

    def ask() -> None:
        several[:] = [ada.get(path) for _ in range(6)]

    assert front.gives_again(ask)
    nonces = [NONCE.search(one.headers["Content-Security-Policy"])[1] for one in several]  # type: ignore[index]
    assert len(set(nonces)) == 6
    texts = [one.get_data(as_text=True) for one in several]
    keys = [KEY.findall(text) for text in texts]
    assert len({key for found in keys for key in found}) == 6 * len(keys[0]) > 0, "each form is another one"
    assert nonces[0] in texts[0]
    plain = [KEY.sub('name="token" value="*"', text.replace(one, "*")) for text, one in zip(texts, nonces, strict=True)]
    assert set(plain) == {plain[0]}
    for one in several:
        assert len(one.data) == int(one.headers["Content-Length"])
        said = [name for name, _value in one.headers]
        assert said == [name for name, _value in several[0].headers]


def test_two_tabs_of_one_moment_send_two_messages(front: Shopfront) -> None:
    order = front.workshop.place("ada")
    ada, path = front.browser("ada"), f"/orders/{order.code}"
    tabs = [KEY.findall(ada.see(path)) for _ in range(2)]
    for number, (key,) in enumerate(tabs):
        ada.send(f"{path}/messages", {"text": f"Words {number}", "token": key, "action": "send"}, on=path)
    page = ada.see(path)
    assert "Words 0" in page
    assert "Words 1" in page


def test_what_was_done_is_seen_at_once(front: Shopfront) -> None:
    workshop = front.workshop
    order = workshop.place("ada")
    ada, path = front.browser("ada"), f"/orders/{order.code}"
    ada.see(path)
    assert front.gives_again(lambda: ada.see(path))
    assert f"{path}/cancel" in ada.see(path)
    assert ada.send(f"{path}/cancel", on=path).status_code == 303
    ada.see(path)  # which says once that it is done
    assert f"{path}/cancel" not in ada.see(path)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["ada", "bob", "write", "elsewhere", "later"]), min_size=3, max_size=12))
def test_whatever_happens_in_between_the_page_is_the_one_that_would_be_made(front: Shopfront, steps: list[str]) -> None:
    workshop = front.workshop
    order = workshop.place("ada")
    readers = {who: workshop.browser(who) for who in ("ada", "bob")}
    for number, step in enumerate(steps):
        title = f"Bracket {number}"
        if step in readers:
            answer = readers[step].get(f"/orders/{order.code}")
            assert answer.status_code == (200 if step == "ada" else 404)
            if step == "ada":
                assert OrderRow.get_by_id(order.id).title in answer.get_data(as_text=True)
        elif step == "write":
            with unit_of_work():
                OrderRow.update(title=title).where(OrderRow.id == order.id).execute()
        elif step == "elsewhere":
            writer = threading.Thread(target=_rename, args=(order.id, title))
            writer.start()
            writer.join()
        else:
            front.now += OLDEST_S / 2


def _rename(order: int, title: str) -> None:
    with unit_of_work():
        OrderRow.update(title=title).where(OrderRow.id == order).execute()


def test_it_is_a_second_old_at_most(front: Shopfront) -> None:
    ada = front.browser("ada")
    ada.see("/")
    if is_sqlite():
        front.now += OLDEST_S
        assert front.makes(lambda: ada.see("/")) == 0
    front.now += OLDEST_S if not is_sqlite() else 0.0
    front.now += 0.001
    assert front.makes(lambda: ada.see("/")) == 1


def test_every_word_of_a_browser_counts(front: Shopfront) -> None:
    ada, bob = front.browser("ada"), front.browser("bob")
    code = front.workshop.place("ada").code
    assert code in ada.see("/")
    assert code not in bob.see("/")
    english = ada.get("/", headers={"Accept-Language": "en"}).get_data(as_text=True)
    german = ada.get("/", headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert english != german
    assert front.workshop.browser().get("/").status_code == 303
    assert front.makes(lambda: ada.get("/?q=nothing")) == 1


def test_whoever_signed_out_sees_nothing_any_more(front: Shopfront) -> None:
    ada = front.browser("ada")
    ada.see("/")
    cookie = ada.client.get_cookie("craftops")
    assert cookie is not None
    assert ada.send("/sign-in/out").status_code == 303
    ada.client.set_cookie("craftops", cookie.value)
    assert ada.get("/").status_code == 303


def test_only_plain_pages_are_kept(front: Shopfront) -> None:
    workshop = front.workshop
    nobody, ada = workshop.browser(), workshop.browser("ada")
    first = nobody.get("/sign-in")
    assert "Set-Cookie" in first.headers
    for path in ("/nothing-here", "/healthz", "/robots.txt"):
        ada.get(path)
        assert front.makes(lambda path=path: ada.get(path)) == 1, path
    ada.see("/")
    assert front.makes(lambda: ada.client.head("/")) == 1
    tokens = {workshop.browser().get("/sign-in").headers["Set-Cookie"] for _ in range(2)}
    assert len(tokens) == 2


def test_where_nobody_knows_what_was_written_nothing_is_kept(workshop: Workshop) -> None:
    front = Shopfront(workshop)
    front.behind(lambda: None)
    ada = workshop.browser("ada")
    ada.see("/")
    assert front.makes(lambda: ada.see("/")) == 1


def test_few_pages_are_kept_and_none_that_is_large(front: Shopfront) -> None:
    ada = front.browser("ada")
    for number in range(MOST + 10):
        ada.get(f"/?q={number}")
        assert len(front.cache._pages) <= MOST
    kept = [len(one.body) for one in front.cache._pages.values()]
    assert max(kept) <= LARGEST


def test_an_answer_from_there_is_counted(front: Shopfront) -> None:
    ada = front.browser("ada")
    registry = front.workshop.app.extensions[EXTENSION]
    labels = {"endpoint": "portal.dashboard", "status": "2xx"}
    ada.see("/")
    before = registry.get_sample_value("craftops_http_answers_total", labels)
    ada.see("/")
    assert registry.get_sample_value("craftops_http_answers_total", labels) == before + 1


def test_the_watch_sees_every_commit_and_nothing_else(workshop: Workshop) -> None:
    state, unwatched = commit_watch()
    pairs = [(state(), OrderRow.select().count(), state()) for _ in range(1 if is_sqlite() else 200)]
    assert any(before == after is not None for before, _count, after in pairs), "of PostgreSQL, others write meanwhile"
    first = state()
    with unit_of_work():
        SettingsRow.create(topic="mail", body={}, at=utcnow(), by_name="Olga")
        if is_sqlite():
            assert state() == first
    second = state()
    assert second != first
    writer = threading.Thread(target=lambda: SettingsRow.delete().execute())
    writer.start()
    writer.join()
    assert state() != second
    unwatched()
