"""Colleagues follow and order together: each role sees and does what it is for, joining and leaving change it at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Role
from craftops.domain.people.companies import ALLOWED, CompanyAction, CompanyRole, actions_of, check_change
from craftops.errors import AccessError, CraftOpsError, RuleError
from craftops.processes.doctor import examine
from craftops.services.files import revising
from craftops.services.messages import conversation, questions
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import ordering, sharing
from craftops.services.orders.ordering import LineDraft
from craftops.services.people import accounts, companies
from craftops.services.shop import customer_data
from craftops.store.database import utcnow
from craftops.store.models import (
    AccountRow,
    CompanyMemberRow,
    CompanyRow,
    DesignFileRow,
    NoticeRow,
    OrderRow,
    QuestionRow,
)
from craftops.store.queries import scoped
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import PASSWORD
from craftops.web.messages.mail import make_renderer

ROLES = ("admin", "buyer", "finance", "viewer")
LINE = {"material": "pla", "colour": "Black", "finish": "as_made"}


@pytest.fixture
def acme(workshop: Workshop) -> CompanyRow:
    """Ada's company, with one colleague of each role, called after it."""
    row = companies.found(workshop.people["ada"], "Acme Drives", "de 123.456-789", at=utcnow())
    for role in ROLES:
        person = accounts.create_account(
            email=f"{role}@example.org", name=role.title(), role=Role.CUSTOMER, password=PASSWORD, at=utcnow()
        )
        workshop.people[role] = person
        CompanyMemberRow.create(company=row, account=person, role=role, joined_at=utcnow())
    return row


def place_for(workshop: Workshop, company: CompanyRow, who: str = "ada") -> OrderRow:
    file_id = workshop.upload(who)
    workshop.run_due()
    return ordering.place_order(
        workshop.shop, actor=workshop.actor(who), customer=workshop.people[who], lines=[LineDraft(file_id, 1, **LINE)],
        delivery=Delivery.PICKUP, at=utcnow(), company=company.id,
    )  # fmt: skip


def test_a_buyer_orders_for_the_company_and_all_see_it(workshop: Workshop, acme: CompanyRow) -> None:
    assert (acme.name, acme.vat_id) == ("Acme Drives", "DE123456789")
    buyer = workshop.browser("buyer")
    assert "For whom is it?" in buyer.see("/orders/new")
    answer = buyer.drop("bracket.stl", b"solid x\nendsolid x\n" * 9)
    line = re.search(r'name="line" value="(\w+)"', answer.json["html"])
    assert line
    key = line[1]
    form = {
        "line": key, f"file-{key}": answer.json["id"], f"quantity-{key}": "1", "delivery": "pickup", "token": "t",
        "action": "submit", "company": acme.id, **{f"{name}-{key}": value for name, value in LINE.items()},
    }  # fmt: skip
    code = buyer.send("/orders/new", form, on="/orders/new").headers["Location"].rsplit("/", 1)[1]
    for who in ("ada", *ROLES):
        browser = workshop.browser(who)
        assert code in browser.see(f"/orders/{code}")
        assert "For Acme Drives, placed by Buyer" in browser.see(f"/orders/{code}")
        assert f"/orders/{code}" in browser.see("/")
        assert browser.get(f"/files/{answer.json['id']}/download").status_code == 200
    assert workshop.browser("bob").get(f"/orders/{code}").status_code == 404
    assert "Acme Drives" in workshop.browser("sam").see(f"/staff/orders/{code}")
    assert "For whom is it?" not in workshop.browser("viewer").see("/orders/new")


def test_private_orders_stay_private(workshop: Workshop, acme: CompanyRow) -> None:
    order = workshop.place("ada")
    admin = workshop.browser("admin")
    assert admin.get(f"/orders/{order.code}").status_code == 404
    assert admin.get(f"/files/{order.lines[0].file_id}/download").status_code == 404


def attempts(workshop: Workshop, acme: CompanyRow, order: OrderRow, who: str) -> dict[CompanyAction, Any]:
    """One try of each action, by the services that the pages use."""
    shop, actor, now = workshop.shop, workshop.actor(who), utcnow()
    question = QuestionRow.get(QuestionRow.order == order.id)
    file = DesignFileRow.get_by_id(order.lines[0].file_id)
    return {
        CompanyAction.SEE: lambda: scoped.order(actor, order.code),
        CompanyAction.ORDER: lambda: place_for(workshop, acme, who),
        CompanyAction.WRITE: lambda: conversation.post(shop, order.code, MessageText("Hi"), actor=actor, at=now),
        CompanyAction.DECIDE: lambda: (
            questions.answer(shop, order.code, question.id, 0, actor=actor, at=now),
            revising.propose(shop, order.code, order.lines[0].id, file, actor=actor, at=now),
        ),
        CompanyAction.SHARE: lambda: sharing.share(shop, order.code, "Jo", "", actor=actor, at=now),
        CompanyAction.MANAGE: lambda: companies.renew_code(actor, acme.id),
    }


@pytest.mark.parametrize("who", [*ROLES, "bob"])
def test_the_matrix_of_roles_and_actions(workshop: Workshop, acme: CompanyRow, who: str) -> None:
    allowed = actions_of(who)
    for action in (one for one in CompanyAction if one is not CompanyAction.PAY):
        order = place_for(workshop, acme)
        questions.ask(
            workshop.shop, order.code, "choose", "Which?", ["A", "B"], due_at=None, holds=False, token="",
            actor=workshop.actor("sam"), at=utcnow(),
        )  # fmt: skip
        attempt = attempts(workshop, acme, order, who)[action]
        if action in allowed:
            attempt()
            continue
        with pytest.raises(CraftOpsError) as refused:
            attempt()
        assert isinstance(refused.value, (AccessError, RuleError)), (who, action)
    with pytest.raises((AccessError, RuleError)):
        ordering.move(workshop.shop, order.code, Stage.COMPLETED, actor=workshop.actor(who), at=utcnow())


@pytest.mark.parametrize("who", ["viewer", "finance"])
def test_every_route_that_writes_refuses_who_only_looks(workshop: Workshop, acme: CompanyRow, who: str) -> None:
    order = place_for(workshop, acme)
    questions.ask(
        workshop.shop, order.code, "choose", "Which?", ["A", "B"], due_at=None, holds=False, token="",
        actor=workshop.actor("sam"), at=utcnow(),
    )  # fmt: skip
    line = order.lines[0]
    values = {
        "code": order.code, "line_id": line.id, "question_id": QuestionRow.get().id, "link_id": 1, "photo_id": 1,
        "job_id": 1, "attachment_id": 1, "pass_id": 1,
    }  # fmt: skip
    browser = workshop.browser(who)
    page = browser.see(f"/orders/{order.code}")
    for hidden in ("Cancel this order", "Send a new version", "Share this order", 'name="text"', 'name="choice"'):
        assert hidden not in page
    assert "does not let you write here" in page
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    tried = 0
    for rule in workshop.app.url_map.iter_rules():
        if not rule.endpoint.startswith("portal.") or "POST" not in rule.methods or "code" not in rule.arguments:
            continue
        if rule.endpoint == "portal.read_messages":
            continue  # how far they have read is theirs
        path = re.sub(r"<[^>]*?(\w+)>", lambda found: str(values[found[1]]), rule.rule)
        data = {"csrf_token": token, "text": "x", "choice": "0", "name": "Jo", "file": line.file_id, "line": line.id}
        answer = browser.client.post(path, data=data)
        done = answer.status_code in (200, 204) or (
            answer.status_code == 303 and rule.endpoint not in ("portal.answer_question",)
        )
        assert not done, f"{rule.endpoint}: {answer.status_code}"
        tried += 1
    assert tried >= 8
    fresh = OrderRow.get_by_id(order.id)
    assert (fresh.stage, fresh.asked) == ("received", 1)


def test_by_invitation(workshop: Workshop, acme: CompanyRow) -> None:
    ada = workshop.browser("ada")
    here = f"/companies/{acme.id}"
    form = {"email": "Bob@example.org", "role": "buyer"}
    ada.send(f"{here}/invitations", form, on=here)
    workshop.run_due()
    draft = next(one for one in workshop.outbox if one.kind == "company_invitation")
    mail = make_renderer(workshop.app)(draft)
    assert "Acme Drives" in mail.text
    found = re.search(r"/join/[\w-]{43}", mail.text)
    assert found
    link = found[0]
    scanner = Browser(workshop.app.test_client())
    assert "Sign in to accept" in scanner.see(link)
    assert scanner.send(link, {"name": "Eve"}, on=link).status_code == 404
    assert workshop.browser("viewer").send(link, on="/").status_code == 404
    bob = workshop.browser("bob")
    bob.send(link, on=link)
    assert scoped.role_in(workshop.actor("bob"), acme.id) == "buyer"
    assert scanner.get(link).status_code == 410
    order = place_for(workshop, acme)
    assert order.code in bob.see(f"/orders/{order.code}")
    assert ada.send(f"{here}/invitations", {"email": "x", "role": "buyer"}, on=here).status_code == 422
    assert ada.send(f"{here}/invitations", {"email": "x@y.example", "role": "king"}, on=here).status_code == 422
    assert workshop.browser("buyer").send(f"{here}/invitations", form, on=here).status_code in (303, 409)
    assert CompanyMemberRow.select().where(CompanyMemberRow.company == acme.id).count() == 6


def test_an_invitation_makes_an_account_and_can_be_taken_back(workshop: Workshop, acme: CompanyRow) -> None:
    ada = workshop.browser("ada")
    here = f"/companies/{acme.id}"
    ada.send(f"{here}/invitations", {"email": "new@example.org", "role": "viewer"}, on=here)
    workshop.run_due()
    render = make_renderer(workshop.app)
    link = re.search(r"/join/[\w-]{43}", render(workshop.outbox[-1]).text)[0]  # type: ignore[index]
    visitor = Browser(workshop.app.test_client())
    assert visitor.send(link, {"name": " "}, on=link).status_code == 422
    assert visitor.send(link, {"name": "Nia"}, on=link).headers["Location"] == here
    assert "You are Viewer here" in visitor.see(here)
    ada.send(f"{here}/invitations", {"email": "late@example.org", "role": "viewer"}, on=here)
    workshop.run_due()
    late = re.search(r"/join/[\w-]{43}", render(workshop.outbox[-1]).text)[0]  # type: ignore[index]
    with time_machine.travel(utcnow() + timedelta(days=15), tick=False):
        assert visitor.get(late).status_code == 410
    open_one = companies.invitations_of(acme.id, at=utcnow())[0]
    ada.send(f"{here}/invitations/{open_one.id}/revoke", on=here)
    assert visitor.get(late).status_code == 410


def test_by_an_admins_word(workshop: Workshop, acme: CompanyRow) -> None:
    bob = workshop.browser("bob")
    order = place_for(workshop, acme)
    wrong = bob.send("/companies/join", {"code": "NOSUCHCODE"}, on="/companies")
    assert wrong.status_code == 422
    assert bob.send("/companies/join", {"code": acme.code.lower()}, on="/companies").status_code == 303
    assert bob.get(f"/orders/{order.code}").status_code == 404
    assert bob.get(f"/companies/{acme.id}").status_code == 404
    ada = workshop.browser("ada")
    assert "Ask to join" in ada.see("/")
    assert "Ask to join" not in workshop.browser("buyer").see("/")
    member = CompanyMemberRow.get(CompanyMemberRow.state == "asked")
    ada.send(f"/companies/{acme.id}/members/{member.id}", {"role": "finance"}, on=f"/companies/{acme.id}")
    assert bob.get(f"/orders/{order.code}").status_code == 200
    for _ in range(companies.MOST_TRIES):
        last = bob.send("/companies/join", {"code": "X"}, on="/companies")
    assert "too often" in last.get_data(as_text=True)


def test_who_leaves_sees_nothing_and_their_orders_go_on(workshop: Workshop, acme: CompanyRow) -> None:
    order = place_for(workshop, acme, "buyer")
    own = workshop.place("buyer")
    render = make_renderer(workshop.app)
    workshop.run_due()
    ordering.move(workshop.shop, order.code, Stage.IN_REVIEW, actor=workshop.actor("sam"), at=utcnow())
    conversation.post(workshop.shop, order.code, MessageText("Ready soon"), actor=workshop.actor("sam"), at=utcnow())
    workshop.worker.read_outbox()
    AccountRow.update(password_hash="").where(AccountRow.email == "buyer@example.org").execute()
    link = sharing.token_for_mail(
        workshop.shop, order, AccountRow.get(AccountRow.email == "buyer@example.org"), at=utcnow()
    )
    buyer = workshop.people["buyer"]
    token = accounts.make_link(buyer.id, next_path="", at=utcnow())
    browser = Browser(workshop.app.test_client())
    browser.send(f"/sign-in/link/{token}", on=f"/sign-in/link/{token}")
    member = CompanyMemberRow.get(CompanyMemberRow.account == buyer.id)
    browser.send(f"/companies/{acme.id}/members/{member.id}/remove", on=f"/companies/{acme.id}")
    assert browser.get(f"/orders/{order.code}").status_code == 404
    assert browser.get(f"/files/{order.lines[0].file_id}/download").status_code == 404
    assert browser.get(f"/t/{link}").status_code == 404
    assert own.code in browser.see(f"/orders/{own.code}")
    assert OrderRow.get_by_id(order.id).customer_id == workshop.people["ada"].id
    waiting = NoticeRow.select().where(NoticeRow.account == buyer.id, NoticeRow.state == "waiting")
    assert [row.order_id for row in waiting if row.order_id == order.id] == []
    assert order.code in workshop.browser("viewer").see(f"/orders/{order.code}")
    assert render is not None


def test_a_company_keeps_an_admin_until_nobody_is_left(workshop: Workshop, acme: CompanyRow) -> None:
    order = place_for(workshop, acme)
    here = f"/companies/{acme.id}"
    ada, admin = workshop.browser("ada"), workshop.actor("admin")
    member = {row.account_id: row.id for row in companies.members_of(acme.id)}
    companies.remove(admin, acme.id, member[admin.id or 0], at=utcnow())
    page = ada.send(f"{here}/members/{member[workshop.people['ada'].id]}/remove", on=here, follow_redirects=True)
    assert "A company needs an admin" in page.get_data(as_text=True)
    for who in ("buyer", "finance", "viewer"):
        ada.send(f"{here}/members/{member[workshop.people[who].id]}/remove", on=here)
    ada.send(f"{here}/members/{member[workshop.people['ada'].id]}/remove", on=here)
    assert CompanyRow.select().count() == 0
    fresh = OrderRow.get_by_id(order.id)
    assert (fresh.company_id, fresh.customer_id) == (None, workshop.people["ada"].id)
    assert order.code in ada.see(f"/orders/{order.code}")
    assert examine(workshop.shop, at=utcnow()) == []


def test_who_is_forgotten_leaves_first(workshop: Workshop, acme: CompanyRow) -> None:
    order = place_for(workshop, acme, "buyer")
    buyer = workshop.people["buyer"]
    customer_data.erase(workshop.shop, buyer, actor=workshop.actor("buyer"), at=utcnow())
    assert OrderRow.get_by_id(order.id).customer_id == workshop.people["ada"].id
    assert CompanyMemberRow.get_or_none(CompanyMemberRow.account == buyer.id) is None
    assert "Acme Drives" in str(customer_data.export(workshop.people["ada"])["companies"])


def test_an_answer_by_a_link_follows_the_role(workshop: Workshop, acme: CompanyRow) -> None:
    order = place_for(workshop, acme, "buyer")
    token = sharing.token_for_mail(workshop.shop, order, workshop.people["buyer"], at=utcnow())
    CompanyMemberRow.update(role="viewer").where(CompanyMemberRow.account == workshop.people["buyer"].id).execute()
    guest = Browser(workshop.app.test_client())
    assert guest.send(f"/t/{token}", {"text": "Hello"}, on=f"/t/{token}").status_code == 422


@given(
    st.dictionaries(st.integers(1, 6), st.sampled_from(CompanyRole), min_size=1),
    st.lists(st.tuples(st.integers(1, 6), st.one_of(st.none(), st.sampled_from(CompanyRole)))),
)
def test_whatever_is_changed_a_company_has_an_admin(
    roles: dict[int, CompanyRole], changes: list[tuple[int, CompanyRole | None]]
) -> None:
    roles = {**roles, min(roles): CompanyRole.ADMIN}
    for member, to in changes:
        if member not in roles:
            continue
        try:
            check_change(roles, member, to)
        except RuleError:
            continue
        roles = {one: role for one, role in roles.items() if one != member} | ({member: to} if to else {})
        assert not roles or CompanyRole.ADMIN in roles.values()


@given(st.sampled_from(CompanyRole), st.sampled_from(CompanyAction))
def test_roles_only_ever_look_or_more(role: CompanyRole, action: CompanyAction) -> None:
    assert CompanyAction.SEE in ALLOWED[role]
    assert action in ALLOWED[CompanyRole.ADMIN]
    assert ALLOWED[CompanyRole.VIEWER] <= ALLOWED[CompanyRole.FINANCE]
    assert CompanyAction.MANAGE not in ALLOWED[role] or role is CompanyRole.ADMIN
    assert actions_of("stranger") == actions_of(None) == frozenset()
