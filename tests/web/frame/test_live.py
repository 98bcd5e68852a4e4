"""Open pages move by themselves."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import orjson
import pytest

from craftops.services.orders import ordering
from craftops.services.people import accounts
from craftops.store.database import close_database, utcnow
from craftops.store.work import newest_event
from craftops.testing import Browser, Workshop
from craftops.web.frame.live.connection import QueueConnection
from craftops.web.frame.live.topics import Topic


class Page:
    """An open page: reads its stream in a thread of its own."""

    def __init__(self, browser: Browser, page: str, seen: int | None = None) -> None:
        address = f"/live?page={page}" + (f"&seen={seen}" if seen is not None else "")
        self.answer = browser.client.get(address, buffered=False)
        self.text = ""
        self.news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for chunk in self.answer.response:
            with self.news:
                self.text += chunk.decode()
                self.news.notify_all()

    def wait_for(self, words: str) -> str:
        with self.news:
            assert self.news.wait_for(lambda: words in self.text, timeout=10), (
                f"{words!r} did not come: {self.text[-500:]}"
            )
            return self.text


@pytest.fixture
def live(workshop: Workshop) -> Iterator[Workshop]:
    yield workshop
    close_database()


def status(state: str, **more: object) -> bytes:
    return orjson.dumps({"v": 1, "state": state, "ts": utcnow().timestamp(), **more})


def test_progress_reaches_the_open_page_as_a_fragment(live: Workshop) -> None:
    live.machine("printer-1")
    order = live.place("ada")
    job = live.accept(order, "printer-1")
    live.say("printer-1", status("running", progress=0.1, remaining_s=600, job={"id": "r", "ref": job.code}))
    page = Page(live.browser("ada"), f"order/{order.code}", newest_event())
    page.wait_for("retry:")
    live.say("printer-1", status("running", progress=0.43, remaining_s=300, job={"id": "r", "ref": job.code}))
    text = page.wait_for("43 %")
    assert f'action="replace" method="morph" target="bar-{order.code}"' in text
    assert f'target="as-of-{order.code}"' in text
    assert "tracker-" not in text, "nothing else has changed"
    assert "csrf" not in text


def test_a_new_stage_takes_the_page_anew(live: Workshop) -> None:
    order = live.place("ada")
    page = Page(live.browser("ada"), f"order/{order.code}", newest_event())
    page.wait_for("retry:")
    ordering.move(live.shop, order.code, ordering.Stage.IN_REVIEW, actor=live.actor("sam"), at=utcnow())
    page.wait_for('action="refresh"')


def test_what_happened_between_rendering_and_connecting_is_not_lost(live: Workshop) -> None:
    order = live.place("ada")
    seen = newest_event()
    ordering.move(live.shop, order.code, ordering.Stage.IN_REVIEW, actor=live.actor("sam"), at=utcnow())
    Page(live.browser("ada"), f"order/{order.code}", seen).wait_for('action="refresh"')


def test_another_customers_order_says_nothing(live: Workshop) -> None:
    mine, theirs = live.place("ada"), live.place("bob")
    page = Page(live.browser("ada"), "orders", newest_event())
    page.wait_for("retry:")
    for order in (theirs, mine):
        ordering.move(live.shop, order.code, ordering.Stage.IN_REVIEW, actor=live.actor("sam"), at=utcnow())
    page.wait_for("refresh")
    assert theirs.code not in page.text


def test_the_verdict_comes_to_the_form(live: Workshop) -> None:
    file_id = live.upload("ada")
    page = Page(live.browser("ada"), "files", newest_event())
    page.wait_for("retry:")
    live.run_due()
    text = page.wait_for("Looks good")
    assert f'target="file-{file_id}"' in text


@pytest.mark.parametrize("page", ["home", "board", "machines", "machine/printer-1", "order/{code}"])
def test_the_floor_moves_too(live: Workshop, page: str) -> None:
    live.machine("printer-1")
    order = live.place("ada")
    job = live.accept(order, "printer-1")
    open_page = Page(live.browser("sam"), "staff/" + page.format(code=order.code), newest_event())
    open_page.wait_for("retry:")
    live.say("printer-1", status("running", progress=0.5, job={"id": "r", "ref": job.code}))
    open_page.wait_for("turbo-stream")


@pytest.mark.parametrize(
    "page", ["staff/home", "staff/board", "staff/machines", "order/ZZZZZZ", "", "nonsense", "staff/", "staff/order/"]
)
def test_nobody_listens_to_what_is_not_theirs(live: Workshop, page: str) -> None:
    assert live.browser("ada").get(f"/live?page={page}").status_code == 404
    assert live.browser().get(f"/live?page={page}").status_code == 404


def test_a_stream_ends_with_its_session(live: Workshop) -> None:
    from craftops.web.frame.live.hub import Hub, Subscription

    hub: Hub = live.app.extensions["craftops.live"]
    token = accounts.start_session(live.people["ada"], agent="", at=utcnow())
    connection = QueueConnection()
    hub._rooms[Topic("customer", 1)].members.add(Subscription(Topic("customer", 1), connection, token, None))
    hub._ping()
    assert not connection.gone()
    accounts.end_session(token)
    hub._ping()
    assert connection.gone()


def test_a_machines_chatter_is_no_news_to_a_customer(live: Workshop) -> None:
    from craftops.domain.events import Event, EventKind
    from craftops.domain.people.access import SYSTEM

    event = Event(EventKind.MACHINE_REPORTED, utcnow(), SYSTEM, order_id=7, customer_id=3, machine_id=1)
    topics = live.app.extensions["craftops.live"].topics
    assert not topics.meaning(Topic("order", 7), event)
    assert topics.meaning(Topic("staff-machines", 0), event)


def test_one_customer_does_not_take_all_live_pages(live: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    from craftops.web.frame.live import stream
    from craftops.web.frame.live.hub import Hub, Subscription

    monkeypatch.setattr(stream, "MOST_OF_A_CUSTOMER", 3)
    hub: Hub = live.app.extensions["craftops.live"]
    ada = live.people["ada"]
    kept = [Subscription(Topic("customer", ada.id), QueueConnection(), "t", None, ada.id) for _ in range(3)]
    hub._of_account[ada.id].update(kept)
    answer = live.browser("ada").get("/live?page=orders")
    assert answer.status_code == 429
    assert "does not move by itself" in answer.get_data(as_text=True)
    assert not hub.is_full(live.people["bob"].id, 3)
    kept.pop()
    assert not hub.is_full(ada.id, 3), "a page that is closed counts no more"


def test_live_pages_move_beside_more_than_a_thousand_open_sockets(live: Workshop) -> None:
    """``select`` takes no descriptor above 1,023: the hub's own two would be beyond it."""
    import resource
    import socket

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    held = [socket.socket() for _ in range(1100)]
    try:
        order = live.place("ada")
        page = Page(live.browser("ada"), f"order/{order.code}", newest_event())
        page.wait_for("retry:")
        ordering.move(live.shop, order.code, ordering.Stage.IN_REVIEW, actor=live.actor("sam"), at=utcnow())
        page.wait_for('action="refresh"')
    finally:
        for one in held:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
