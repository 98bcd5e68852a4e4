"""Bringing in what another program knew: said first, then taken in one transaction, and taken once.

Nobody is told: customers of an import get no mail, and their orders are past ones, completed, without jobs or money.
The catalogue has an import of its own that shows what it changes, so a table becomes text for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from craftops.domain.events import Event, EventKind
from craftops.domain.orders.order import new_code
from craftops.domain.orders.workflow import MoveKind, Stage
from craftops.domain.people.access import Actor, Role
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.people.audit import Deed
from craftops.domain.shop.imports import ImportKind, ImportRow, ImportTable, day_of, number_of, read_table, short_name
from craftops.errors import CraftOpsError, IntakeError
from craftops.services.people import accounts, addresses
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import unit_of_work
from craftops.store.models import AccountRow, OrderLineRow, OrderRow, StageChangeRow
from craftops.store.queries import history

WALK = (
    Stage.RECEIVED, Stage.IN_REVIEW, Stage.QUEUED, Stage.IN_PRODUCTION, Stage.POST_PROCESSING, Stage.QUALITY_CHECK,
    Stage.READY_FOR_PICKUP, Stage.COMPLETED,
)  # fmt: skip
"""What a past order has been through, as far as anybody knows."""
MARK = "import:"
"""Before the number of another program, in the column that makes an order the same one again."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What an import would do with a row."""

    row: ImportRow
    what: str
    """new, known or faulty."""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do."""

    kind: ImportKind
    rows: tuple[Planned, ...]
    ignored: tuple[str, ...]
    toml: str = ""
    """For a catalogue: what belongs into ``shop.toml``."""

    def count(self, what: str) -> int:
        return sum(one.what == what for one in self.rows)


def plan(kind: ImportKind, text: str) -> ImportPlan:
    """What would come of it; nothing is written. Raises IntakeError when it is no such table."""
    table = read_table(kind, text)
    if kind is ImportKind.CUSTOMERS:
        rows = _plan_customers(table)
    elif kind is ImportKind.ORDERS:
        rows = _plan_orders(table)
    else:
        rows = [Planned(row, "faulty" if row.fault else "new", row.fault) for row in table.rows]
    toml = _toml(one.row for one in rows if one.what == "new") if kind is ImportKind.CATALOGUE else ""
    return ImportPlan(kind, tuple(rows), table.ignored, toml)


def carry_out(shop: Shop, kind: ImportKind, text: str, *, actor: Actor, at: datetime) -> ImportPlan:
    """Take in what is new; all of it or nothing. Raises AccessError for anybody but the owner, IntakeError, and
    CraftOpsError for a catalogue."""
    actor.must_be_owner()
    if kind is ImportKind.CATALOGUE:
        raise CraftOpsError("A catalogue is brought in at its own page: put the text there.")
    with unit_of_work() as uow:
        found = plan(kind, text)
        new = [one.row for one in found.rows if one.what == "new"]
        if kind is ImportKind.CUSTOMERS:
            for row in new:
                _take_customer(row, at)
        else:
            for _number, lines in groupby(sorted(new, key=_order_key), key=lambda row: row.values["number"]):
                _take_order(list(lines), actor, at)
        data = {"import": kind.value, "count": len(new)}
        uow.record(Event(EventKind.SHOP_CHANGED, at, actor, data=data))
        note(Deed.IMPORTED, actor=actor, at=at, subject=kind.value, after=f"{len(new)} rows")
    return found


def _order_key(row: ImportRow) -> tuple[str, int]:
    return row.values["number"], row.number


def _known_people() -> dict[str, str]:
    query: Any = AccountRow.select(AccountRow.email, AccountRow.role).where(AccountRow.role != Role.VISITOR.value)
    return {str(email): str(role) for email, role in query.tuples()}


def _plan_customers(table: ImportTable) -> list[Planned]:
    known, seen, rows = _known_people(), set[str](), []
    for row in table.rows:
        fault = row.fault
        try:
            email = accounts.check_email(row.values["email"])
        except IntakeError as error:
            email, fault = "", fault or error.sentence
        fault = fault or _address_fault(row)
        if not fault and email in seen:
            fault = "This address stands in the file twice."
        seen.add(email)
        what = "faulty" if fault else "known" if email in known else "new"
        rows.append(Planned(row, what, fault or ("There is an account with it." if what == "known" else "")))
    return rows


def _address_of(row: ImportRow) -> PostalAddress | None:
    said = row.values
    if not said.get("line1"):
        return None
    return PostalAddress(
        said["name"][:100], said["line1"], said.get("city", ""), said.get("country", ""), said.get("postcode", "")
    )


def _address_fault(row: ImportRow) -> str:
    address = _address_of(row) if not row.fault else None
    if address is None:
        return ""
    try:
        addresses.check(address)
    except IntakeError as error:
        return " ".join(f"{name}: {sentence}" for name, sentence in error.fields.items()) or error.sentence
    return ""


def _take_customer(row: ImportRow, at: datetime) -> None:
    said = row.values
    account = accounts.create_account(
        email=said["email"], name=said["name"], phone=said.get("phone", ""), role=Role.CUSTOMER, at=at
    )
    if (address := _address_of(row)) is not None:
        addresses.save(account, address, at=at)


def _plan_orders(table: ImportTable) -> list[Planned]:
    people = _known_people()
    query: Any = OrderRow.select(OrderRow.submit_token).where(OrderRow.submit_token.startswith(MARK))
    taken = {str(token) for (token,) in query.tuples()}
    owner: dict[str, str] = {}
    rows = []
    for row in table.rows:
        number, email = row.values["number"], row.values["email"].strip().lower()
        fault = row.fault
        if not fault and people.get(email) != Role.CUSTOMER.value:
            fault = "There is no customer with this address. Bring in the customers first."
        if not fault and owner.setdefault(number, email) != email:
            fault = "This number belongs to another customer in the same file."
        known = MARK + number in taken
        what = "faulty" if fault else "known" if known else "new"
        rows.append(Planned(row, what, fault or ("It was brought in before." if what == "known" else "")))
    return _all_or_none(rows)


def _all_or_none(rows: list[Planned]) -> list[Planned]:
    """An order of which one line is faulty is not taken at all."""
    bad = {one.row.values["number"] for one in rows if one.what == "faulty"}
    return [
        Planned(one.row, "faulty", "Another line of this order cannot be taken.")
        if one.what == "new" and one.row.values["number"] in bad
        else one
        for one in rows
    ]


def _take_order(lines: list[ImportRow], actor: Actor, at: datetime) -> None:
    first = lines[0].values
    placed = day_of(first["placed"])
    finished = day_of(first["finished"]) if first.get("finished") else placed
    customer = AccountRow.get(AccountRow.email == first["email"].strip().lower())
    order: OrderRow = OrderRow.create(
        code=_free_code(), customer=customer, title=first["title"][:200], stage=WALK[-1].value, stage_since=finished,
        placed_at=placed, submit_token=MARK + first["number"],
    )  # fmt: skip
    for position, row in enumerate(lines):
        said = row.values
        OrderLineRow.create(
            order=order, position=position, title=said["title"][:200], quantity=int(said.get("quantity") or 1),
            material=said.get("material", "")[:200], colour=said.get("colour", "")[:200],
            finish=said.get("finish", "")[:200], instructions=said.get("note", "")[:4000],
        )  # fmt: skip
    note = f"Brought in as {first['number']} on {at:%Y-%m-%d}"
    for before, after in pairwise((None, *WALK)):
        StageChangeRow.create(
            order=order, before=before.value if before else None, after=after.value if after else "",
            kind=MoveKind.FORWARD.value, actor_kind=actor.kind.value, actor_id=actor.id, actor_name=actor.name,
            at=placed if before is None else finished, note=note if before is None else "",
        )  # fmt: skip
    history.note_words(order)


def _free_code() -> str:
    code = new_code()
    while OrderRow.select().where(OrderRow.code == code).exists():
        code = new_code()
    return code


def _toml(rows: Iterable[ImportRow]) -> str:
    parts, prices, names = [], [], set[str]()
    for row in rows:
        said = row.values
        name = wanted = short_name(said.get("name") or said["label"])
        number = 2
        while name in names:
            name, number = f"{wanted}_{number}", number + 1
        names.add(name)
        colours = [one.strip() for one in said.get("colours", "").split(",") if one.strip()]
        lines = ["[[materials]]", f"name = {_quoted(name)}", f"label = {_quoted(said['label'])}"]
        if said.get("process"):
            lines.append(f"process = {_quoted(said['process'].lower())}")
        if said.get("density"):
            lines.append(f"density = {number_of(said['density']):f}")
        if colours:
            lines.append(f"colours = [{', '.join(map(_quoted, colours))}]")
        if said.get("note"):
            lines.append(f"note = {_quoted(said['note'])}")
        parts.append("\n".join(lines))
        if said.get("price_kilogram"):
            prices.append(f"{name} = {_quoted(format(number_of(said['price_kilogram']), 'f'))}")
    if prices:
        parts.append("\n".join(["[rates.kilogram]", *prices]))
    return "\n\n".join(parts) + "\n" if parts else ""


def _quoted(text: str) -> str:
    plain = "".join(one if one.isprintable() else " " for one in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
