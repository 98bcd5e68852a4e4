"""Ada's own page: who she is, her password, where she is signed in, what she is told, her data, and the end of it."""

from __future__ import annotations

import pytest

from craftops.domain.messages.notices import choice_from_json
from craftops.domain.orders.workflow import Stage
from craftops.processes.doctor import examine
from craftops.services.messages import choosing, conversation
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import ordering
from craftops.services.people import profile
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, DesignFileRow, EmailChangeRow, MessageRow, SessionRow
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import PASSWORD

NEW = "another correct horse"


def ada_row(workshop: Workshop) -> AccountRow:
    row: AccountRow = AccountRow.get_by_id(workshop.people["ada"].id)
    return row


def test_she_says_who_she_is(workshop: Workshop) -> None:
    ada = workshop.browser("ada")
    form = {"name": "Ada  Lovelace", "phone": "+44 20 1", "language": "de", "timezone": "Europe/London"}
    page = ada.send("/account/details", form, on="/account", follow_redirects=True).get_data(as_text=True)
    assert 'value="Ada Lovelace"' in page
    row = ada_row(workshop)
    assert (row.name, row.language, row.timezone) == ("Ada Lovelace", "de", "Europe/London")
    bad = ada.send("/account/details", {**form, "name": " ", "timezone": "Mars/Base"}, on="/account")
    assert bad.status_code == 422
    assert "Schreiben Sie einen Namen" in bad.get_data(as_text=True), "in the language that she chose"
    assert ada_row(workshop).name == "Ada Lovelace"


def test_a_new_password_signs_every_other_browser_out(workshop: Workshop) -> None:
    ada, phone = workshop.browser("ada"), workshop.browser("ada")
    wrong = ada.send("/account/password", {"old": "nonsense", "new": NEW}, on="/account")
    assert wrong.status_code == 422
    short = ada.send("/account/password", {"old": PASSWORD, "new": "short"}, on="/account")
    assert "Use at least 8 characters." in short.get_data(as_text=True)
    ada.send("/account/password", {"old": PASSWORD, "new": NEW}, on="/account")
    assert ada.get("/account").status_code == 200
    assert phone.get("/account").status_code == 303
    assert Browser(workshop.app.test_client()).sign_in("ada@example.org", NEW).status_code == 303


def test_who_has_no_password_shows_again_who_they_are_before_what_signs_them_in_is_changed(workshop: Workshop) -> None:
    """ASVS 7.5.1: a telephone that lies there gives nobody a first password, and no link to another mailbox."""
    ada = workshop.browser("ada")
    AccountRow.update(password_hash="").where(AccountRow.id == workshop.people["ada"].id).execute()
    SessionRow.update(created_at=utcnow() - 2 * profile.FRESH).execute()
    for path, form in (("password", {"new": NEW}), ("email", {"email": "eve@example.net"})):
        answer = ada.send(f"/account/{path}", form, on="/account")
        assert answer.status_code == 422, path
        assert "You have been signed in for a while." in answer.get_data(as_text=True)
    assert ada_row(workshop).password_hash == ""
    assert EmailChangeRow.select().count() == 0
    SessionRow.update(created_at=utcnow()).execute()
    assert ada.send("/account/email", {"email": "ada@new.example"}, on="/account").status_code == 303
    assert ada.send("/account/password", {"new": NEW}, on="/account").status_code == 303
    assert ada_row(workshop).password_hash


def test_she_signs_a_lost_phone_out(workshop: Workshop) -> None:
    ada, phone = workshop.browser("ada"), workshop.browser("ada")
    bob = workshop.browser("bob")
    mine = SessionRow.select().where(SessionRow.account == workshop.people["ada"].id).order_by(SessionRow.id)
    theirs = SessionRow.get(SessionRow.account == workshop.people["bob"].id)
    ada.send("/account/sessions", {"session": theirs.id}, on="/account")
    assert bob.get("/account").status_code == 200
    ada.send("/account/sessions", {"session": list(mine)[-1].id}, on="/account")
    assert phone.get("/account").status_code == 303
    workshop.browser("ada")
    ada.send("/account/sessions", on="/account")
    assert mine.count() == 1
    assert ada.get("/account").status_code == 200


def test_she_chooses_what_she_is_told(workshop: Workshop) -> None:
    ada = workshop.browser("ada")
    page = ada.see("/account/notices")
    assert page.count("checked") > 5
    form = {"kind": ["delayed", "queued"], "merge": "60", "quiet_from": "22:00", "quiet_to": "07:00"}
    ada.send("/account/notices", form, on="/account/notices")
    choice = choice_from_json(ada_row(workshop).notices)
    assert choice.wants("queued")
    assert not choice.wants("ready")
    assert choice.wants("needs_you")
    assert (choice.merge_minutes, str(choice.quiet_from)) == (60, "22:00:00")


def test_one_click_in_a_mail_ends_them_and_a_scanner_does_not(workshop: Workshop) -> None:
    token = choosing.end_token(workshop.shop, ada_row(workshop), "ready")
    stranger = Browser(workshop.app.test_client())
    assert "No more of these mails?" in stranger.see(f"/unsubscribe/{token}")
    assert choice_from_json(ada_row(workshop).notices).wants("ready")
    answer = stranger.client.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not choice_from_json(ada_row(workshop).notices).wants("ready")
    assert choice_from_json(ada_row(workshop).notices).wants("delayed")
    assert choosing.end_token(workshop.shop, ada_row(workshop), "needs_you") == ""
    assert stranger.get(f"/unsubscribe/{token}x").status_code == 404


def test_her_data_is_hers_alone(workshop: Workshop) -> None:
    order = workshop.place("ada")
    conversation.post(workshop.shop, order.code, MessageText("Hello"), actor=workshop.actor("ada"), at=utcnow())
    workshop.place("bob")
    data = workshop.browser("ada").get("/account/data.json").get_json()
    assert [one["code"] for one in data["orders"]] == [order.code]
    assert data["orders"][0]["messages"][0]["text"] == "Hello"
    assert "bob" not in str(data).lower()
    assert workshop.browser("sam").get("/account/data.json").status_code in (403, 404)


@pytest.mark.parametrize("sure", ["", "bob@example.org"])
def test_nobody_is_forgotten_by_mistake(workshop: Workshop, sure: str) -> None:
    workshop.browser("ada").send("/account/erase", {"sure": sure}, on="/account")
    assert ada_row(workshop).email == "ada@example.org"


def test_she_is_forgotten_and_the_books_stay(workshop: Workshop) -> None:
    order = workshop.place("ada")
    spare = workshop.upload("ada", "spare.stl")
    workshop.run_due()
    conversation.post(workshop.shop, order.code, MessageText("Hello"), actor=workshop.actor("ada"), at=utcnow())
    ada = workshop.browser("ada")
    answer = ada.send("/account/erase", {"sure": "ada@example.org"}, on="/account")
    assert answer.status_code in (303, 409)
    assert ada_row(workshop).name == "Ada"  # an order of hers is open
    ordering.move(workshop.shop, order.code, Stage.CANCELLED, actor=workshop.actor("ada"), at=utcnow())
    ada.send("/account/erase", {"sure": "ada@example.org"}, on="/account")
    row = ada_row(workshop)
    assert (row.name, row.phone, row.disabled) == ("Former customer", "", True)
    assert MessageRow.get().author_name == "Former customer"
    assert not DesignFileRow.select().where(DesignFileRow.id == spare).exists()
    assert DesignFileRow.select().where(DesignFileRow.id == order.lines[0].file_id).exists()
    assert ada.get("/account").status_code == 303
    assert Browser(workshop.app.test_client()).sign_in("ada@example.org").status_code == 422
    assert examine(workshop.shop, at=utcnow()) == []
