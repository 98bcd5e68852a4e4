"""docs/operators/security.md says which fields of a thing somebody reads and writes: each has a word of its own, which is
looked for on every page and in every answer of the API, and is tried to be written by everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from samples.pay_site import open_for_money

from craftops.domain.machines.readings import ProcessKind
from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor, Role, Scope
from craftops.errors import CraftOpsError
from craftops.services.billing import quoting
from craftops.services.billing.quote_drafts import QuoteDraft, QuoteLine
from craftops.services.machines import registry
from craftops.services.messages import conversation, notes
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import ordering, sharing
from craftops.services.orders.ordering import LineDraft
from craftops.services.people import accounts, companies
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, CompanyMemberRow, DesignFileRow, MachineRow, OrderLineRow, OrderRow
from craftops.testing import Workshop
from craftops.testing.workshop import PASSWORD

PAGE = (Path(__file__).parents[3] / "docs" / "operators" / "security.md").read_text()
SAID = PAGE.split("### Field by field\n")[1].split("\n## ")[0]
CELLS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in SAID.splitlines() if line.startswith("| ")]
FIELDS = {row[0]: (row[1], row[2]) for row in CELLS[1:]}
"""Name -> who reads it and who writes it."""
FACES = {
    "customer": ("ada",),
    "their token": ("ada's token",),
    "paying members": ("finance",),
    "other members": ("viewer",),
    "link": ("link",),
    "staff": ("sam", "olga"),
    "shop's token": ("the shop's token",),
}
WORDS = {
    "title": "Titleword", "instructions": "Instructionword", "file": "fileword", "message": "Messageword",
    "internal note": "Noteword", "price": "1,234.57", "machine": "Machineword", "customer's name": "Nameword",
    "customer's mailbox": "mailboxword", "name of a link": "Linkword", "note of a link": "Linknote",
}  # fmt: skip


def faces(cell: str) -> set[str]:
    """Who is meant by a cell of the page."""
    return {face for part in cell.split(", ") for face in FACES[part]}


@dataclass
class Thing:
    """An order of Ada's for her company, with a link that she gave to Jo."""

    workshop: Workshop
    order: OrderRow
    company: int
    link: str


@pytest.fixture
def thing(workshop: Workshop) -> Thing:
    open_for_money(workshop)
    shop, now = workshop.shop, utcnow()
    ada, sam = workshop.actor("ada"), workshop.actor("sam")
    company = companies.found(workshop.people["ada"], "Acme", "", at=now)
    for role in ("finance", "viewer"):
        person = accounts.create_account(
            email=f"{role}@example.org", name=role.title(), role=Role.CUSTOMER, password=PASSWORD, at=now
        )
        workshop.people[role] = person
        CompanyMemberRow.create(company=company, account=person, role=role, joined_at=now)
    workshop.machine("printer-1")
    order = workshop.place("ada")
    OrderRow.update(company=company).execute()
    ordering.move(shop, order.code, Stage.IN_REVIEW, actor=sam, at=now)
    draft = QuoteDraft((QuoteLine("Work", 1, 123457),), deposit=10000)
    version = quoting.save_draft(shop, order.code, draft, actor=sam, at=now).version
    quoting.send(shop, order.code, version, actor=sam, at=now)
    quoting.accept(shop, order.code, version, name="Ada", via="link", actor=ada, at=now)
    conversation.post(shop, order.code, MessageText("Messageword"), actor=ada, at=now)
    notes.write(order.code, "Noteword", token="t", actor=sam, at=now)
    link = sharing.token_of(shop, sharing.share(shop, order.code, "Linkword", "Linknote", actor=ada, at=now))
    OrderRow.update(title="Titleword").execute()
    OrderLineRow.update(instructions="Instructionword").execute()
    DesignFileRow.update(name="fileword.stl").execute()
    MachineRow.update(name="Machineword").execute()
    return Thing(workshop, OrderRow.get_by_id(order.id), company.id, link)


def looking(thing: Thing) -> dict[str, tuple[FlaskClient, dict[str, str]]]:
    """Everybody's browser or program, with what it sends along."""
    workshop = thing.workshop

    def program(owner: AccountRow | None) -> tuple[FlaskClient, dict[str, str]]:
        token = accounts.create_token("test", frozenset(Scope), at=utcnow(), customer=owner)
        return workshop.browser().client, {"Authorization": f"Bearer {token}"}

    people = {name: (workshop.browser(name).client, {}) for name in ("ada", "bob", "finance", "viewer", "sam", "olga")}
    AccountRow.update(name="Nameword", email="mailboxword@example.org").where(
        AccountRow.id == workshop.people["ada"].id
    ).execute()  # after she has signed in
    return {
        **people,
        "a visitor": (workshop.browser().client, {}),
        "link": (workshop.browser().client, {}),
        "ada's token": program(workshop.people["ada"]),
        "bob's token": program(workshop.people["bob"]),
        "the shop's token": program(None),
    }


def paths(thing: Thing) -> dict[str, bool]:
    """Every address that is read and fits what there is; whether the link is in it."""
    order, ada = thing.order, thing.workshop.people["ada"].id
    values = {
        "code": order.code, "file_id": order.lines[0].file_id, "line_id": order.lines[0].id, "key": "printer-1",
        "job_id": 1, "operation_id": 1, "account_id": ada, "customer_id": ada, "version": 1, "token": thing.link,
    }  # fmt: skip
    found = {}
    for rule in thing.workshop.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.arguments <= values.keys() and "live" not in rule.rule:
            path = re.sub(r"<(?:[^>]*:)?(\w+)>", lambda name: str(values[name[1]]), rule.rule)
            found[path] = "token" in rule.arguments
    return found


def test_every_field_is_read_by_whom_the_page_says(thing: Thing) -> None:
    """ASVS 8.1.2."""
    assert FIELDS.keys() == WORDS.keys()
    seen: dict[str, dict[str, list[str]]] = {name: {} for name in WORDS}
    for face, (client, headers) in looking(thing).items():
        for path, linked in paths(thing).items():
            if linked and face != "link":
                continue  # whoever has a link may look at it, whoever they are
            answer = client.get(path, headers=headers)
            text = answer.get_data().decode("utf-8", "replace")
            answer.close()
            for name, word in WORDS.items():
                if word in text:
                    seen[name].setdefault(face, []).append(path)
    wrong = {
        name: {face: seen[name].get(face, [])[:5] for face in set(seen[name]) ^ faces(reads)}
        for name, (reads, _writes) in FIELDS.items()
    }
    assert {name: found for name, found in wrong.items() if found} == {}


def attempts(thing: Thing, actor: Actor) -> dict[str, Callable[[], Any]]:
    """One try to write each field, by the services that pages and the API use."""
    shop, code, now = thing.workshop.shop, thing.order.code, utcnow()
    file = thing.order.lines[0].file_id

    def place() -> None:
        line = LineDraft(file, 1, "pla", "Black", "as_made", "Instructionword")
        ordering.place_order(
            shop, actor=actor, customer=thing.workshop.people["ada"], lines=[line], delivery=Delivery.PICKUP, at=now,
            title="Titleword", company=thing.company,
        )  # fmt: skip

    def price() -> None:
        quoting.save_draft(shop, code, QuoteDraft((QuoteLine("Work", 1, 123457),)), actor=actor, at=now)

    def machine() -> None:
        registry.add_machine(
            shop, key="printer-2", name="Machineword", driver="mqtt", process=ProcessKind.FDM, actor=actor, at=now
        )

    return {
        "title": place,
        "instructions": place,
        "message": lambda: conversation.post(shop, code, MessageText("Messageword"), actor=actor, at=now),
        "internal note": lambda: notes.write(code, "Noteword", token=f"t{actor.id}", actor=actor, at=now),
        "price": price,
        "machine": machine,
        "name of a link": lambda: sharing.share(shop, code, "Linkword", "", actor=actor, at=now),
        "note of a link": lambda: sharing.share(shop, code, "Jo", "Linknote", actor=actor, at=now),
    }


@pytest.mark.parametrize("who", ["ada", "bob", "finance", "viewer", "sam"])
def test_every_field_is_written_by_whom_the_page_says(thing: Thing, who: str) -> None:
    """ASVS 8.1.2. A file comes with a line; a name and a mailbox belong to the account that is signed in, and no form or
    service takes whose they are."""
    for name, attempt in attempts(thing, thing.workshop.actor(who)).items():
        if who in faces(FIELDS[name][1]):
            attempt()
        else:
            with pytest.raises(CraftOpsError):
                attempt()


def test_a_program_writes_no_field_that_is_not_its_own(thing: Thing) -> None:
    """What its body may not have is refused by name, and nothing is made of the rest."""
    client, headers = looking(thing)["ada's token"]
    line = {"file_id": thing.order.lines[0].file_id, "material": "pla", "colour": "Black"}
    for field in ("stage", "promised_at", "code", "price", "note", "customer_id"):
        answer = client.post(
            "/api/v1/orders", json={"lines": [line], "delivery": "pickup", field: "1"}, headers=headers
        )
        assert answer.status_code == 422, field
        assert field in answer.get_data(as_text=True)
    assert OrderRow.select().count() == 1
