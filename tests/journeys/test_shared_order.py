"""An order that is seen without an account: by a colleague's link, by the button of a mail, until it closes."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
import time_machine
from samples.pictures import jpeg

from craftops.domain.orders.workflow import Stage
from craftops.errors import RuleError
from craftops.services.files import photos
from craftops.services.messages import conversation, notes
from craftops.services.messages.conversation import MessageText
from craftops.services.messages.delivery import NoticeDraft
from craftops.services.orders import ordering, sharing
from craftops.services.people import accounts
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, MessageRow, OrderRow, TrackerLinkRow, WorkRow
from craftops.store.viewing import order_view, person_view
from craftops.testing import Browser, Workshop
from craftops.web.messages.mail import make_renderer

SECRET = "He always haggles; do not go below 40"


@pytest.fixture
def order(workshop: Workshop) -> OrderRow:
    return workshop.place("ada")


def stranger(workshop: Workshop) -> Browser:
    return Browser(workshop.app.test_client())


def link_of(page: str) -> str:
    """The address that Ada copies, as her colleague opens it."""
    found = re.search(r'value="http://[^/"]+(/t/[\w-]{43})"', page)
    assert found
    return found[1]


def made_link(workshop: Workshop, order: OrderRow, name: str = "Grace") -> str:
    row = sharing.share(workshop.shop, order.code, name, "", actor=workshop.actor("ada"), at=utcnow())
    return f"/t/{sharing.token_of(workshop.shop, row)}"


def test_ada_shares_an_order_with_grace_who_answers(workshop: Workshop, order: OrderRow) -> None:
    sam = workshop.actor("sam")
    conversation.post(
        workshop.shop, order.code, MessageText("Which colour?", (order.lines[0].file_id,)),
        actor=workshop.actor("ada"), at=utcnow(),
    )  # fmt: skip
    notes.write(order.code, SECRET, token="n", actor=sam, at=utcnow())
    photo = photos.upload(workshop.shop, order.code, io.BytesIO(jpeg()), "On the bed", actor=sam, at=utcnow())
    ada = workshop.browser("ada")
    assert f"/orders/{order.code}/links" in ada.see(f"/orders/{order.code}")
    share = f"/orders/{order.code}/links"
    assert "Write for whom" in ada.send(share, {"name": " "}, on=share).get_data(as_text=True)
    page = ada.send(share, {"name": "Grace", "note": "does the assembly"}, on=share, follow_redirects=True)
    address = link_of(page.get_data(as_text=True))
    assert "not used yet" in page.get_data(as_text=True)

    grace = stranger(workshop)
    answer = grace.get(address)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    seen = answer.get_data(as_text=True)
    for there in (order.title, "We have your order", "Which colour?", "On the bed", "bracket.stl"):
        assert there in seen
    for hidden in (SECRET, "/files/", "€", "What we make", 'href="/orders/'):
        assert hidden not in seen
    assert grace.get(f"{address}/photos/{photo.id}").mimetype == "image/jpeg"
    assert grace.get(f"{address}/photos/{photo.id}?small=1").status_code == 200

    said = grace.send(address, {"text": "Blue, please.", "token": "once"}, on=address, follow_redirects=True)
    assert "Blue, please." in said.get_data(as_text=True)
    grace.send(address, {"text": "Blue, please.", "token": "once"}, on=address)
    assert MessageRow.select().where(MessageRow.body == "Blue, please.").count() == 1
    row = MessageRow.get(MessageRow.body == "Blue, please.")
    assert (row.author_id, row.author_name, row.side, row.via) == (None, "Grace", "customer", "link")
    assert "by a link, without signing in" in ada.see(f"/orders/{order.code}")
    assert "Blue, please." in workshop.browser("sam").see(f"/staff/messages/{order.code}")
    assert "last used" in ada.see(share)


def test_a_link_that_is_taken_back_shows_nothing(workshop: Workshop, order: OrderRow) -> None:
    address = made_link(workshop, order)
    guest = stranger(workshop)
    assert guest.get(address).status_code == 200
    link = TrackerLinkRow.get()
    bob = workshop.browser("bob")
    assert bob.send(f"/orders/{order.code}/links/{link.id}/revoke").status_code == 404
    sam = workshop.browser("sam")
    staff = sam.see(f"/staff/orders/{order.code}/links")
    assert "Grace" in staff
    assert "/t/" not in staff
    sam.send(f"/staff/orders/{order.code}/links/{link.id}/revoke", on="/staff/")
    for path in (address, f"{address}/live"):
        assert guest.get(path).status_code == 404
    assert guest.send(address, {"text": "Still here?"}, on="/sign-in").status_code == 404
    assert MessageRow.select().count() == 0


def test_another_link_opens_no_other_order(workshop: Workshop, order: OrderRow) -> None:
    other = workshop.place("bob")
    photo = photos.upload(workshop.shop, other.code, io.BytesIO(jpeg()), "", actor=workshop.actor("sam"), at=utcnow())
    address = made_link(workshop, order)
    assert stranger(workshop).get(f"{address}/photos/{photo.id}").status_code == 404
    theirs = sharing.share(workshop.shop, other.code, "Eve", "", actor=workshop.actor("bob"), at=utcnow())
    assert workshop.browser("ada").send(f"/orders/{order.code}/links/{theirs.id}/revoke").status_code == 404
    assert TrackerLinkRow.get_by_id(theirs.id).revoked_at is None


def test_the_database_alone_opens_nothing(workshop: Workshop, order: OrderRow) -> None:
    address = made_link(workshop, order)
    row = TrackerLinkRow.get()
    assert address.removeprefix("/t/") not in str(vars(row))
    guest = stranger(workshop)
    for guess in (row.seed, row.token_hash, address[3:-1], address[3:] + "x", "x" * 43):
        assert guest.get(f"/t/{guess}").status_code == 404


def test_it_closes_some_days_after_the_end(workshop: Workshop, order: OrderRow) -> None:
    address = made_link(workshop, order)
    ordering.move(workshop.shop, order.code, Stage.CANCELLED, actor=workshop.actor("ada"), at=utcnow())
    guest = stranger(workshop)
    assert guest.get(address).status_code == 200
    with time_machine.travel(utcnow() + timedelta(days=31), tick=False):
        answer = guest.get(address)
        assert answer.status_code == 410
        assert order.title not in answer.get_data(as_text=True)
        assert guest.get(f"{address}/live").status_code == 404


def test_a_guest_writes_no_books(workshop: Workshop, order: OrderRow) -> None:
    address = made_link(workshop, order)
    guest = stranger(workshop)
    assert guest.send(address, {"text": " "}, on=address).status_code == 422
    codes = [guest.send(address, {"text": f"Hello {n}"}, on=address).status_code for n in range(11)]
    assert 422 in codes
    assert MessageRow.select().count() <= 10
    with time_machine.travel(utcnow() + timedelta(minutes=16), tick=False):
        assert guest.send(address, {"text": "Hello again"}, on=address).status_code == 303


def test_who_guesses_is_stopped_and_who_has_a_link_is_not(workshop: Workshop, order: OrderRow) -> None:
    address = made_link(workshop, order)
    guest = stranger(workshop)
    codes = {guest.get(f"/t/{n}").status_code for n in range(61)}
    assert codes == {404, 429}
    assert guest.get(address).status_code == 200


def test_so_many_links_are_enough(workshop: Workshop, order: OrderRow) -> None:
    for n in range(30):
        made_link(workshop, order, f"Person {n}")
    with pytest.raises(RuleError, match="30 links"):
        made_link(workshop, order)


def test_mails_lead_to_the_page_for_those_who_have_no_password(workshop: Workshop) -> None:
    render = make_renderer(workshop.app)
    ada = workshop.people["ada"]
    order = workshop.place("ada")
    with_password = render(NoticeDraft("received", person_view(ada), order_view(order), "k1"))
    assert f"/orders/{order.code}" in with_password.text
    AccountRow.update(password_hash="").where(AccountRow.id == ada.id).execute()
    ada = AccountRow.get_by_id(ada.id)
    links = {
        re.search(r"/t/[\w-]{43}", render(NoticeDraft("received", person_view(ada), order_view(order), key)).text)[0]
        for key in ("k2", "k3")
    }  # type: ignore[index]
    assert len(links) == 1
    address = links.pop()
    guest = stranger(workshop)
    assert order.title in guest.see(address)
    guest.send(address, {"text": "Thank you!"}, on=address)
    assert MessageRow.get().author_id == ada.id
    assert "in their mails" in workshop.browser("sam").see(f"/staff/orders/{order.code}/links")
    AccountRow.update(disabled=True).where(AccountRow.id == ada.id).execute()
    assert guest.get(address).status_code == 404


def test_the_page_moves_by_itself_as_long_as_the_link_is_good(workshop: Workshop, order: OrderRow) -> None:
    address = made_link(workshop, order)
    answer = stranger(workshop).get(f"{address}/live?page=guest", buffered=False)
    assert answer.mimetype == "text/event-stream"
    answer.close()
    token = address.removeprefix("/t/")
    assert sharing.is_good(workshop.shop, token, utcnow())
    sharing.revoke(order.code, TrackerLinkRow.get().id, actor=accounts.actor_of(workshop.people["ada"]), at=utcnow())
    assert not sharing.is_good(workshop.shop, token, utcnow())


def test_lost_links_are_sent_again_and_nobody_learns_who_is_a_customer(workshop: Workshop, order: OrderRow) -> None:
    done = workshop.place("ada")
    ordering.move(workshop.shop, done.code, Stage.CANCELLED, actor=workshop.actor("ada"), at=utcnow())
    workshop.place("bob")
    workshop.run_due()
    workshop.outbox.clear()
    visitor = stranger(workshop)
    pages = set()
    for email in ("ada@example.org", "nobody@example.org", "sam@example.org"):
        answer = visitor.send("/lost-link", {"email": email}, on="/lost-link")
        assert answer.status_code == 200
        pages.add(re.sub(r'content="[^"]+"|nonce-\S+', "", answer.get_data(as_text=True)).replace(email, "x"))
    assert len(pages) == 1
    assert WorkRow.select().where(WorkRow.kind == "send_lost_links").count() == 3
    workshop.run_due()
    assert [draft.account.email for draft in workshop.outbox] == ["ada@example.org"]
    mail = make_renderer(workshop.app)(workshop.outbox[0])
    assert order.code in mail.text
    assert done.code not in mail.text
    found = re.search(r"/t/[\w-]{43}", mail.text)
    assert found
    assert order.title in visitor.see(found[0])
    assert visitor.send("/lost-link", {"email": "nonsense"}, on="/lost-link").status_code == 422


def test_nobody_is_flooded_with_lost_links(workshop: Workshop, order: OrderRow) -> None:
    visitor = stranger(workshop)
    for _ in range(5):
        assert visitor.send("/lost-link", {"email": "ada@example.org"}, on="/lost-link").status_code == 200
    assert WorkRow.select().where(WorkRow.kind == "send_lost_links").count() == 3
    late = utcnow() + timedelta(days=2)
    with time_machine.travel(late, tick=False):
        workshop.outbox.clear()
        workshop.run_due()
    assert [draft.kind for draft in workshop.outbox if draft.kind == "lost_links"] == []
