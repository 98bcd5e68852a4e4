"""The owner says who works here and which programs may do what; nobody locks the shop up by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from craftops.domain.people.access import Role
from craftops.errors import AccessError, RuleError
from craftops.services.people import accounts, team
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, ApiTokenRow
from craftops.testing import Workshop

TEAM = "/staff/settings/team"
TOKENS = "/staff/settings/tokens"


def test_somebody_is_invited_and_signs_in_by_the_mail(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    form = {"name": "Tess", "email": "Tess@Example.org", "role": "staff"}
    assert olga.send(TEAM, form, on=TEAM).status_code == 303
    workshop.run_due()
    draft = workshop.outbox[-1]
    assert (draft.kind, draft.account.email) == ("sign_in_link", "tess@example.org")
    tess = workshop.browser()
    tess.send(f"/sign-in/link/{draft.link_token}", on=f"/sign-in/link/{draft.link_token}")
    assert tess.get("/staff/").status_code == 200
    assert tess.get(TEAM).status_code == 403
    again = olga.send(TEAM, form, on=TEAM)
    assert again.status_code == 422
    assert "There is an account with this e-mail address already." in again.get_data(as_text=True)
    assert olga.send(TEAM, {**form, "email": "x@example.org", "role": "customer"}, on=TEAM).status_code == 422


def test_who_is_shut_out_is_out_at_once_and_can_come_back(workshop: Workshop) -> None:
    olga, sam = workshop.browser("olga"), workshop.browser("sam")
    number = str(workshop.people["sam"].id)
    olga.send(f"{TEAM}/change", {"member": number, "do": "disable"}, on=TEAM)
    assert sam.get("/staff/").status_code == 303
    assert workshop.browser().sign_in("sam@example.org").status_code != 303
    assert "Let in again" in olga.see(TEAM)
    olga.send(f"{TEAM}/change", {"member": number, "do": "enable"}, on=TEAM)
    assert workshop.browser().sign_in("sam@example.org").status_code == 303


def test_there_is_always_an_owner(workshop: Workshop) -> None:
    olga, sam, at = workshop.actor("olga"), workshop.people["sam"].id, utcnow()
    me = workshop.people["olga"].id
    for step in (
        lambda: team.set_role(me, Role.STAFF, actor=olga, at=at),
        lambda: team.set_disabled(me, disabled=True, actor=olga, at=at),
    ):
        with pytest.raises(RuleError):
            step()
    team.set_role(sam, Role.OWNER, actor=olga, at=at)
    assert workshop.browser("sam").get(TEAM).status_code == 200
    team.set_role(me, Role.STAFF, actor=accounts.actor_of(AccountRow.get_by_id(sam)), at=at)
    assert AccountRow.get_by_id(me).role == "staff"


def test_customers_are_no_members_and_staff_decide_nothing(workshop: Workshop) -> None:
    at, ada = utcnow(), workshop.people["ada"].id
    with pytest.raises(AccessError):
        team.set_role(ada, Role.OWNER, actor=workshop.actor("olga"), at=at)
    with pytest.raises(AccessError):
        team.set_role(workshop.people["sam"].id, Role.OWNER, actor=workshop.actor("sam"), at=at)
    sam = workshop.browser("sam")
    number = str(workshop.people["sam"].id)
    sam.send(f"{TEAM}/change", {"member": number, "do": "role", "role": "owner"}, on="/staff/")
    assert AccountRow.get_by_id(int(number)).role == "staff"


def test_a_token_is_shown_once_does_what_it_may_and_ends(workshop: Workshop) -> None:
    olga, order = workshop.browser("olga"), workshop.place("ada")
    form = {"name": "Dashboard", "scopes": ["orders:read"], "days": "30", "customer": ""}
    assert olga.send(TOKENS, form, on=TOKENS).status_code == 303
    page = olga.see(TOKENS)
    token = "craftops_" + page.split("craftops_")[1].split("<")[0]
    assert token not in olga.see(TOKENS)
    head = {"Authorization": f"Bearer {token}"}
    client = workshop.app.test_client()
    assert client.get(f"/api/v1/orders/{order.code}", headers=head).status_code == 200
    assert client.post(f"/api/v1/orders/{order.code}/stage", json={}, headers=head).status_code in (403, 404, 405)
    with time_machine.travel(utcnow() + timedelta(days=31)):
        assert accounts.actor_of_token(token, at=utcnow()) is None
    olga.send(f"{TOKENS}/end", {"token": str(ApiTokenRow.get().id)}, on=TOKENS)
    assert client.get(f"/api/v1/orders/{order.code}", headers=head).status_code == 401
    assert "ended" in olga.see(TOKENS)


def test_a_token_for_nothing_or_nobody_is_refused(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    for wrong, said in (
        ({"name": "", "scopes": ["orders:read"], "days": ""}, "Say what it is for"),
        ({"name": "x", "days": ""}, "Choose what it may do"),
        ({"name": "x", "scopes": ["orders:read"], "days": "9999"}, "Choose one"),
        ({"name": "x", "scopes": ["orders:read"], "days": "", "customer": "no@example.org"}, "There is no customer"),
    ):
        answer = olga.send(TOKENS, wrong, on=TOKENS)
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True)
    assert not ApiTokenRow.select().exists()
    assert workshop.browser("sam").get(TOKENS).status_code == 403


def test_the_page_of_the_broker_says_who_speaks(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    page = workshop.browser("olga").see("/staff/settings/broker")
    assert "built-in broker" in page
    assert "never connected" in page
