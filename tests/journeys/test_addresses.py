"""Ada moves: another e-mail address, proved by a click, and postal addresses as each country writes them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.people.addresses import LENGTHS, PostalAddress, clean
from craftops.errors import IntakeError
from craftops.services.people import addresses
from craftops.services.shop import customer_data
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, AddressRow, EmailChangeRow
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import PASSWORD
from craftops.web.messages.mail import make_renderer

HOME = {
    "name": "Ada Lovelace", "line1": "Kanalstraße 12", "postcode": "22085", "city": "Hamburg", "country": "DE",
    "company": "", "line2": "", "region": "", "phone": "+49 40 1",
}  # fmt: skip
NEW = "ada@new.example"


def asked(workshop: Workshop, email: str = NEW, password: str = PASSWORD) -> tuple[Browser, str]:
    """Ada has asked for another address; her browser, and the page that came back."""
    ada = workshop.browser("ada")
    form = {"email": email, "email_password": password}
    answer = ada.send("/account/email", form, on="/account", follow_redirects=True)
    return ada, answer.get_data(as_text=True)


def link_in_mail(workshop: Workshop) -> str:
    workshop.run_due()
    draft = workshop.outbox[-1]
    assert (draft.kind, draft.account.email) == ("new_address", NEW)
    found = re.search(r"/new-address/[\w-]{43}", make_renderer(workshop.app)(draft).text)
    assert found
    return found[0]


def ada_row(workshop: Workshop) -> AccountRow:
    row: AccountRow = AccountRow.get_by_id(workshop.people["ada"].id)
    return row


def test_a_new_address_counts_after_its_click_and_the_old_one_is_told(workshop: Workshop) -> None:
    ada, page = asked(workshop)
    assert "waits for the click" in page
    link = link_in_mail(workshop)
    scanner = Browser(workshop.app.test_client())
    for _ in range(2):
        assert NEW in scanner.see(link)
    assert ada_row(workshop).email == "ada@example.org"
    ada.send(link, on=link)
    assert ada_row(workshop).email == NEW
    assert "waits for the click" not in ada.see("/account")
    workshop.run_due()
    assert [(one.kind, one.account.email) for one in workshop.outbox][-1] == ("old_address", "ada@example.org")
    assert scanner.get(link).status_code == 410
    assert Browser(workshop.app.test_client()).sign_in(NEW).status_code == 303
    assert Browser(workshop.app.test_client()).sign_in("ada@example.org").status_code == 422


def test_without_her_password_nothing_is_asked(workshop: Workshop) -> None:
    _ada, page = asked(workshop, password="guess")
    assert "That is not your password." in page
    assert EmailChangeRow.select().count() == 0
    _ada, page = asked(workshop, email="nonsense")
    assert "Write an e-mail address" in page
    _ada, page = asked(workshop, email="ADA@example.org")
    assert "This is your address already." in page


def test_somebody_elses_address_gives_the_same_answer_and_no_mail(workshop: Workshop) -> None:
    _ada, page = asked(workshop, email="bob@example.org")
    _ada, other = asked(workshop)
    for one in (page, other):
        assert "A link is on its way" in one
    _ada, page = asked(workshop, email="bob@example.org")
    workshop.run_due()
    assert [one.account.email for one in workshop.outbox if one.kind == "new_address"] == []


def test_an_address_that_was_taken_meanwhile_stays_theirs(workshop: Workshop) -> None:
    asked(workshop)
    link = link_in_mail(workshop)
    AccountRow.update(email=NEW).where(AccountRow.id == workshop.people["bob"].id).execute()
    visitor = Browser(workshop.app.test_client())
    page = visitor.send(link, on=link, follow_redirects=True).get_data(as_text=True)
    assert "This address cannot be used" in page
    assert ada_row(workshop).email == "ada@example.org"


def test_a_link_is_over_after_a_day_or_by_a_newer_one(workshop: Workshop) -> None:
    asked(workshop)
    first = link_in_mail(workshop)
    asked(workshop)
    second = link_in_mail(workshop)
    visitor = Browser(workshop.app.test_client())
    assert visitor.get(first).status_code == 410
    assert visitor.get(second).status_code == 200
    with time_machine.travel(utcnow() + timedelta(hours=25), tick=False):
        assert visitor.get(second).status_code == 410
        assert visitor.send(second, on="/sign-in").status_code == 404


def test_a_book_of_addresses(workshop: Workshop) -> None:
    ada = workshop.browser("ada")
    here = "/account/addresses"
    assert "There is none yet" in ada.see(here)
    ada.send(here, HOME, on=here)
    bad = ada.send(here, {**HOME, "postcode": "2208", "name": " "}, on=here)
    assert bad.status_code == 422
    text = bad.get_data(as_text=True)
    assert "Write who gets it." in text
    assert 'value="2208"' in text
    short = ada.send(here, {**HOME, "postcode": "2208"}, on=here).get_data(as_text=True)
    assert "This country has none like that." in short
    ada.send(
        here,
        {
            **HOME,
            "line1": "10 Downing Street",
            "city": "London",
            "country": "GB",
            "postcode": "sw1a 2aa",
            "usual": "on",
        },
        on=here,
    )
    first, second = addresses.of_account(ada_row(workshop))
    assert (first.postcode, first.is_default, second.is_default) == ("SW1A 2AA", True, False)
    page = ada.see(here)
    assert "United Kingdom" in page
    assert page.count(">the usual one</span>") == 1
    ada.send(f"{here}/{second.id}", {**HOME, "line1": "Am Deich 1", "usual": "on"}, on=f"{here}/{second.id}")
    assert addresses.of_account(ada_row(workshop))[0].line1 == "Am Deich 1"
    ada.send(f"{here}/{second.id}/remove", on=here)
    left = addresses.of_account(ada_row(workshop))
    assert [(row.city, row.is_default) for row in left] == [("London", True)]
    assert customer_data.export(ada_row(workshop))["addresses"][0]["city"] == "London"
    bob = workshop.browser("bob")
    assert bob.get(f"{here}/{first.id}").status_code == 404
    assert bob.send(f"{here}/{first.id}", HOME).status_code == 404
    assert bob.send(f"{here}/{first.id}/remove").status_code == 404
    assert AddressRow.get_by_id(first.id).city == "London"
    customer_data.erase(workshop.shop, ada_row(workshop), actor=workshop.actor("ada"), at=utcnow())
    assert AddressRow.select().count() == 0


@pytest.mark.parametrize(
    ("country", "more", "fault"),
    [
        ("US", {"city": "Springfield", "postcode": "62701"}, "region"),
        ("US", {"city": "Springfield", "postcode": "62701", "region": "Illinois"}, ""),
        ("IE", {"city": "Dublin", "postcode": ""}, ""),
        ("FR", {"city": "Paris", "postcode": "75001"}, ""),
        ("FR", {"city": "", "postcode": "75001"}, "city"),
        ("CH", {"city": "Bern", "postcode": "30111"}, "postcode"),
        ("XX", {}, "country"),
        ("", {}, "country"),
    ],
)
def test_each_country_asks_for_what_it_needs(country: str, more: dict[str, str], fault: str) -> None:
    sent = PostalAddress(**{**HOME, **more, "country": country})
    if not fault:
        assert addresses.check(sent).country == country
        return
    with pytest.raises(IntakeError) as told:
        addresses.check(sent)
    assert fault in told.value.fields


@given(st.fixed_dictionaries({name: st.text(max_size=130) for name in LENGTHS}))
def test_whatever_is_written_is_kept_printable_and_short_or_told(values: dict[str, str]) -> None:
    try:
        kept = clean(PostalAddress(**values))
    except IntakeError as error:
        assert error.fields
        return
    assert clean(kept) == kept
    assert all(len(getattr(kept, name)) <= most and getattr(kept, name).isprintable() for name, most in LENGTHS.items())
