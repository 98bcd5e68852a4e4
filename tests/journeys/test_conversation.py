"""Two people talk about an order: in the portal, on the floor, with files, with notes that never leave the shop."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
import time_machine
from PIL import Image
from samples.pictures import from_a_phone
from samples.queries import asked

from craftops.errors import AccessError
from craftops.processes.doctor import examine
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.store.database import utcnow
from craftops.store.models import (
    AttachmentRow,
    BlobRow,
    DesignFileRow,
    MessageRow,
    NoticeRow,
    OrderRow,
    RevisionRow,
    ThreadRow,
)
from craftops.store.queries import messages as queries
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import cube_stl

SECRET = "He always haggles; do not go below 40"


@pytest.fixture
def order(workshop: Workshop) -> OrderRow:
    return workshop.place("ada")


def say(browser: Browser, order: OrderRow, text: str, face: str = "", **more: object) -> str:
    page = f"{face}/orders/{order.code}"
    form = {"text": text, "token": f"t-{text}", **more}
    answer = browser.send(f"{page}/messages", form, on=page, follow_redirects=True, content_type="multipart/form-data")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_question_and_its_answer(workshop: Workshop, order: OrderRow) -> None:
    ada, sam = workshop.browser("ada"), workshop.browser("sam")
    assert "Ask us anything about this order" in ada.see(f"/orders/{order.code}")
    assert "Will M4 screws fit?" in say(ada, order, "Will M4 screws fit?")
    inbox = sam.see("/staff/messages")
    assert order.code in inbox
    assert "1 new" in inbox
    assert 'id="todo-reply"' in sam.see("/staff/")
    page = sam.see(f"/staff/messages/{order.code}")
    assert "Will M4 screws fit?" in page
    say(sam, order, "Yes, with 0.2 mm of play.", "/staff")
    assert "Nobody waits for an answer." in sam.see("/staff/messages")
    home = ada.see("/")
    assert "We have written to you" in home
    assert "1 new message" in home
    assert "Yes, with 0.2 mm of play." in ada.see(f"/orders/{order.code}")
    answer = MessageRow.get(MessageRow.side == "shop")
    ada.send(f"/orders/{order.code}/messages/read", {"upto": answer.id}, on=f"/orders/{order.code}")
    assert "We have written to you" not in ada.see("/")
    assert "Read by the customer" in sam.see(f"/staff/messages/{order.code}")


def test_the_answer_goes_out_as_a_mail_that_leads_to_it(workshop: Workshop, order: OrderRow) -> None:
    workshop.run_due()
    sam = workshop.browser("sam")
    say(sam, order, "It is on the printer.", "/staff")
    say(sam, order, "And it looks good.", "/staff")
    workshop.run_due()
    workshop.outbox.clear()
    with time_machine.travel(utcnow() + timedelta(minutes=3)):
        workshop.run_due()
    drafts = [draft for draft in workshop.outbox if draft.kind == "message"]
    assert [[one.body for one in draft.messages] for draft in drafts] == [
        ["It is on the printer.", "And it looks good."]
    ]


def test_what_was_read_in_the_portal_is_not_mailed(workshop: Workshop, order: OrderRow) -> None:
    sam, ada = workshop.browser("sam"), workshop.browser("ada")
    workshop.run_due()
    say(sam, order, "It is on the printer.", "/staff")
    workshop.run_due()
    newest = MessageRow.select().order_by(MessageRow.id.desc()).get()
    ada.send(f"/orders/{order.code}/messages/read", {"upto": newest.id}, on=f"/orders/{order.code}")
    with time_machine.travel(utcnow() + timedelta(minutes=3)):
        workshop.run_due()
    row = NoticeRow.get(NoticeRow.kind == "message")
    assert (row.state, row.error) == ("dropped", "it was read in the portal")


def test_the_same_form_sent_twice_is_one_message(workshop: Workshop, order: OrderRow) -> None:
    ada = workshop.browser("ada")
    for _ in range(2):
        say(ada, order, "Hello", token="once")
    assert MessageRow.select().count() == 1
    assert ThreadRow.get().count == 1
    assert ThreadRow.get().unread == 1


def test_a_design_in_a_message_is_looked_at_and_becomes_a_version(workshop: Workshop, order: OrderRow) -> None:
    ada = workshop.browser("ada")
    say(ada, order, "Please take this one", upload=(io.BytesIO(cube_stl(30)), "better.stl"))
    workshop.run_due()
    page = ada.see(f"/orders/{order.code}")
    assert "better.stl" in page
    assert workshop.analysis.sentence in page
    assert f"/orders/new?files={AttachmentRow.get().file_id}" in page
    file = AttachmentRow.get().file_id
    line = order.lines[0].id
    form = {"file": file, "line": line}
    ada.send(f"/orders/{order.code}/messages/use", form, on=f"/orders/{order.code}")
    assert RevisionRow.get(RevisionRow.file == file).number == 2


def test_a_photo_loses_its_place_and_its_owner(workshop: Workshop, order: OrderRow) -> None:
    ada = workshop.browser("ada")
    say(ada, order, "It broke here", upload=(io.BytesIO(from_a_phone()), "IMG_1.JPG"))
    came = DesignFileRow.select().order_by(DesignFileRow.id.desc()).get().blob_id
    assert "The picture is being prepared." in ada.see(f"/orders/{order.code}")
    workshop.run_due()
    file = AttachmentRow.get().file
    content = workshop.content(file.id)
    with Image.open(io.BytesIO(content)) as picture:
        assert not picture.getexif()
        assert picture.size == (240, 320)  # upright
    assert b"Lovelace" not in content
    with time_machine.travel(utcnow() + timedelta(minutes=11)):
        workshop.run_due()
    assert not BlobRow.select().where(BlobRow.sha256 == came).exists()
    assert not workshop.shop.files.path(came).exists()
    small = re.search(r'src="(/orders/\w+/messages/attachments/\d+)"', ada.see(f"/orders/{order.code}"))
    assert small is not None
    assert ada.get(small[1]).mimetype == "image/jpeg"
    assert workshop.browser("bob").get(small[1]).status_code == 404
    assert examine(workshop.shop, at=utcnow()) == []


def test_a_heic_of_a_phone_is_read(workshop: Workshop, order: OrderRow) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "HEIF")
    say(workshop.browser("ada"), order, "A photo", upload=(io.BytesIO(out.getvalue()), "IMG_2.HEIC"))
    workshop.run_due()
    assert AttachmentRow.get().state == "ready"
    assert AttachmentRow.get().file.name == "IMG_2.jpg"


def test_a_picture_that_is_none_says_so_and_keeps_the_words(workshop: Workshop, order: OrderRow) -> None:
    ada = workshop.browser("ada")
    say(ada, order, "Look", upload=(io.BytesIO(b"\xff\xd8\xff" + b"no jpeg" * 40), "photo.jpg"))
    workshop.run_due()
    page = ada.see(f"/orders/{order.code}")
    assert "Look" in page
    assert "We could not open this picture." in page


def test_a_file_that_we_cannot_take_loses_nothing(workshop: Workshop, order: OrderRow) -> None:
    ada = workshop.browser("ada")
    form = {"upload": [(io.BytesIO(b"MZ\x90" * 50), "virus.exe"), (io.BytesIO(cube_stl()), "part.stl")]}
    page = say(ada, order, "Both of these", **form)
    assert "virus.exe" in page
    assert "Your text and the other files are kept." in page
    assert MessageRow.select().count() == 0
    assert ">Both of these</textarea>" in page
    assert "part.stl" in page
    file = DesignFileRow.select().order_by(DesignFileRow.id.desc()).get().id
    say(ada, order, "Both of these", file=file)
    assert AttachmentRow.get().file_id == file
    assert "Both of these</textarea>" not in ada.see(f"/orders/{order.code}")


def test_a_note_is_seen_by_the_shop_and_by_nobody_else(workshop: Workshop, order: OrderRow) -> None:
    sam, ada = workshop.browser("sam"), workshop.browser("ada")
    page = f"/staff/orders/{order.code}"
    sam.send(f"{page}/notes", {"note": SECRET, "token": "n1"}, on=page)
    sam.send(f"{page}/notes", {"note": SECRET, "token": "n1"}, on=page)
    assert sam.see(page).count(SECRET) == 1
    say(sam, order, "Hello Ada", "/staff")
    with time_machine.travel(utcnow() + timedelta(minutes=3)):
        workshop.run_due()
    seen = [ada.see(one) for one in (f"/orders/{order.code}", "/", f"/orders/{order.code}?messages=all")]
    told = [str(draft) for draft in workshop.outbox]
    assert not [text for text in [*seen, *told] if SECRET in text or "Internal" in text]


def test_two_who_answer_at_once_do_not_talk_past_each_other(workshop: Workshop, order: OrderRow) -> None:
    say(workshop.browser("ada"), order, "When?")
    sam, olga = workshop.browser("sam"), workshop.browser("olga")
    seen = MessageRow.get().id
    olga.send(f"/staff/orders/{order.code}/messages/draft", {"text": "Tomo"}, on=f"/staff/orders/{order.code}")
    assert "Olga is writing an answer." in sam.see(f"/staff/messages/{order.code}")
    say(olga, order, "Tomorrow.", "/staff", seen=seen)
    page = say(sam, order, "On Friday.", "/staff", seen=seen)
    assert "Olga has answered meanwhile." in page
    assert ">On Friday.</textarea>" in page
    assert MessageRow.select().where(MessageRow.side == "shop").count() == 1
    say(sam, order, "I meant Friday.", "/staff", seen=MessageRow.select().order_by(MessageRow.id.desc()).get().id)
    assert MessageRow.select().where(MessageRow.side == "shop").count() == 2


def test_a_draft_waits_for_its_writer_alone(workshop: Workshop, order: OrderRow) -> None:
    ada = workshop.browser("ada")
    ada.send(f"/orders/{order.code}/messages/draft", {"text": "Half a sen"}, on=f"/orders/{order.code}")
    assert ">Half a sen</textarea>" in workshop.browser("ada").see(f"/orders/{order.code}")
    assert "Half a sen" not in workshop.browser("sam").see(f"/staff/messages/{order.code}")


def test_put_off_comes_back_when_its_time_is_over_or_the_customer_writes(workshop: Workshop, order: OrderRow) -> None:
    ada, sam = workshop.browser("ada"), workshop.browser("sam")
    say(ada, order, "When?")
    page = f"/staff/messages/{order.code}"
    sam.send(f"{page}/snooze", {"until": "later"}, on=page)
    assert order.code not in sam.see("/staff/messages")
    assert order.code in sam.see("/staff/messages?list=snoozed")
    with time_machine.travel(utcnow() + timedelta(hours=4)):
        assert order.code in workshop.browser("sam").see("/staff/messages")
    say(ada, order, "Hello?")
    assert order.code in sam.see("/staff/messages")
    sam.send(f"{page}/settle", on=page)
    assert order.code not in sam.see("/staff/messages")
    assert ThreadRow.get().waiting_since is None


def test_a_search_finds_words_in_all_threads(workshop: Workshop, order: OrderRow) -> None:
    say(workshop.browser("ada"), order, "Könnten Sie die Ränder schleifen? <b>bold</b>")
    sam = workshop.browser("sam")
    page = sam.see("/staff/messages?q=schlei")
    assert order.code in page
    assert "<mark>schlei</mark>" in page
    assert "&lt;b&gt;" in page
    assert "No message has these words." in sam.see("/staff/messages?q=nothing")
    assert sam.get('/staff/messages?q="OR*(').status_code == 200


def test_another_customers_file_cannot_be_sent(workshop: Workshop, order: OrderRow) -> None:
    theirs = workshop.upload("bob")
    with pytest.raises(AccessError):
        conversation.post(
            workshop.shop, order.code, MessageText("Look", (theirs,)), actor=workshop.actor("ada"), at=utcnow()
        )
    assert MessageRow.select().count() == 0


def test_a_long_thread_costs_no_more_queries(workshop: Workshop, order: OrderRow) -> None:
    ada = workshop.browser("ada")
    file = workshop.upload("ada")
    for number in range(60):
        files = (file,) if number % 20 == 0 else ()
        actor = workshop.actor("ada" if number % 2 else "sam")
        conversation.post(workshop.shop, order.code, MessageText(f"No {number}", files), actor=actor, at=utcnow())
    said = asked(ada, f"/orders/{order.code}")
    assert len(said) <= 8, said
    page = ada.see(f"/orders/{order.code}")
    assert "Show the 20 earlier" in page
    assert ">No 3<" not in page
    assert ">No 3<" in ada.see(f"/orders/{order.code}?messages=all")


def test_counts_equal_lists(workshop: Workshop) -> None:
    for number in range(3):
        order = workshop.place("ada")
        say(workshop.browser("ada"), order, f"Question {number}")
    sam = workshop.browser("sam")
    page = f"/staff/messages/{order.code}"
    sam.send(f"{page}/assign", {"account": workshop.people["sam"].id}, on=page)
    counts = queries.inbox_counts(workshop.people["sam"].id, utcnow())
    assert counts == {"open": 3, "mine": 1, "snoozed": 0, "all": 3}
    for key, count in counts.items():
        assert sam.see(f"/staff/messages?list={key}").count('id="inbox-') == count
    assert 'class="count">3<' in re.sub(r"\s+", " ", sam.see("/staff/").split('id="todo-reply"')[1])
