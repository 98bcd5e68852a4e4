"""Labels: claimed, bought, found again, voided.

A row claims the parcel before a carrier is asked, so that impatient clicks, two people and a worker that died in the
middle buy one label. The claim is given back only where the carrier provably sold nothing. After a lost answer the
carrier is asked for what it sold under the claim's key before anything is bought under it again.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from craftops.domain.billing.money import Money
from craftops.domain.people.access import SYSTEM, Actor
from craftops.domain.shipping.parcels import ALIVE, LabelState, ParcelState, label_step
from craftops.errors import AccessError, IntakeError, OutsideError, RuleError, Unreachable, Unsure
from craftops.sdk.carrier import Label, LabelFile, LabelRequest, Rate, VoidState
from craftops.services.orders.delivering import address_of
from craftops.services.shipping import packing, printing, rating
from craftops.services.shipping.carriers import carrier_of, consignment_of
from craftops.services.shop.context import Shop
from craftops.store.database import IntegrityError, UnitOfWork, unit_of_work
from craftops.store.models import BlobRow, LabelRow, ParcelRow

SLACK = timedelta(minutes=5)
"""Clocks of carriers and ours may differ so much when a lost label is looked for."""
NUMBER_LENGTH = 60
MEDIA_TYPES = ("application/pdf", "image/png", "application/zpl")


def order_label(
    shop: Shop, parcel_id: int, carrier: str, service: str, *, actor: Actor, at: datetime, batch: str = ""
) -> LabelRow:
    """Have a label bought that a carrier has offered. The parcel's claim is the row that this makes.

    Raises AccessError, RuleError where the parcel has a label or something is missing.
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = packing.open_parcel(parcel_id)
        consignment_of(shop, row)
        offer = rating.offer_of(row, carrier, service)
        carrier_of(shop, carrier)
        return _claim(
            uow, row, actor, at, carrier=carrier, service=service, title=offer.rate.title, rate_ref=offer.rate.ref,
            currency=offer.rate.price.currency, quoted=offer.rate.price.minor, batch=batch,
        )  # fmt: skip


def order_cheapest(shop: Shop, parcel_ids: Sequence[int], *, actor: Actor, at: datetime, batch: str) -> dict[int, str]:
    """Have the cheapest label bought for each of these parcels; parcel id -> why not, for those that cannot.

    The same ``batch`` orders each of them once.
    """
    faults = {}
    for parcel_id in dict.fromkeys(parcel_ids):
        if LabelRow.select().where(LabelRow.batch == batch, LabelRow.parcel == parcel_id).exists():
            continue
        try:
            row: ParcelRow | None = ParcelRow.get_or_none(ParcelRow.id == parcel_id)
            offers = rating.offers_of(row).offers if row is not None else ()
            if not offers:
                raise RuleError("No carrier has made an offer for it yet.")
            best = offers[0]
            order_label(shop, parcel_id, best.carrier, best.rate.service, actor=actor, at=at, batch=batch)
        except (RuleError, AccessError) as error:
            faults[parcel_id] = error.sentence
    return faults


def type_number(
    shop: Shop, parcel_id: int, carrier: str, network: str, number: str, *, actor: Actor, at: datetime
) -> LabelRow:
    """A label that somebody bought elsewhere: its number is written down, and nothing is bought.

    Raises AccessError, RuleError, IntakeError.
    """
    actor.must_be_staff()
    found = carrier_of(shop, carrier)
    said = checked_number(number)
    if not found.takes_numbers:
        raise AccessError
    if network not in found.networks:
        raise IntakeError("Choose who brings it.", {"network": "Choose who brings it."})
    with unit_of_work() as uow:
        row = packing.open_parcel(parcel_id)
        return _claim(
            uow, row, actor, at, carrier=carrier, service=network, title=found.networks[network],
            typed={"number": said, "network": network},
        )  # fmt: skip


def _claim(uow: UnitOfWork, row: ParcelRow, actor: Actor, at: datetime, **values: object) -> LabelRow:
    try:
        label: LabelRow = LabelRow.create(
            parcel=row.id, alive=True, state=LabelState.BUYING.value, intent=f"label-{secrets.token_hex(16)}",
            by_name=actor.name[:200], created_at=at, changed_at=at, **values,
        )  # fmt: skip
    except IntegrityError:
        raise RuleError("This parcel has a label, or one is being bought.") from None
    uow.enqueue("buy_label", {"label": label.id}, at=at, dedupe=f"buy-label:{label.id}")
    packing.record(uow, row.order, row.id, "label", actor, at)
    return label


def carry_out(shop: Shop, label_id: int, *, at: datetime, again: bool) -> None:
    """Buy a label that was claimed. ``again``: somebody may have begun before, so the carrier is asked for it first.

    Raises OutsideError where it is to be tried again.
    """
    label = _label(label_id)
    if label is None or label.state not in (LabelState.BUYING.value, LabelState.UNKNOWN.value):
        return
    carrier = shop.plugins.carriers.get(label.carrier)
    if carrier is None or not carrier.ready:
        raise Unreachable("This carrier is switched off; switch it on, and it goes on.")
    request = request_of(shop, label)
    if request is None:
        return
    try:
        sold = carrier.find(label.intent, label.created_at - SLACK) if again else None
        sold = sold or carrier.buy(request)
    except Unsure as error:
        _set(label, LabelState.UNKNOWN, "Its carrier has not answered yet; we ask again.", at)
        raise Unreachable(error.sentence) from error
    except Unreachable:
        raise  # it sold nothing, and may do so a minute later: the claim stays
    except OutsideError as error:
        _give_back(label, error.sentence, at)
        return
    bought(shop, label.id, sold, at=at)


def request_of(shop: Shop, label: LabelRow) -> LabelRequest | None:
    """What the carrier is asked; None where the order has changed so that nothing can be bought, which ends the claim
    if nobody asked before."""
    typed = label.typed or {}
    try:
        consignment = consignment_of(shop, label.parcel)
    except RuleError as error:
        if label.state == LabelState.BUYING.value:
            _give_back(label, error.sentence, label.created_at)
            return None
        raise Unreachable(error.sentence) from error
    price = Money(label.quoted or 0, label.currency or "EUR")
    rate = Rate(label.service, label.title, price, None, label.rate_ref)
    reference = printing.reference(label.parcel)
    return LabelRequest(label.intent, reference, consignment, rate, typed.get("number", ""), typed.get("network", ""))


def bought(shop: Shop, label_id: int, sold: Label, *, at: datetime) -> None:
    """Write down what was sold: number and link stand on the order from now on. Told again, nothing happens."""
    given = sold.files or _own_files(shop, label_id, sold, at)
    files = [
        [one.media_type, shop.files.put_bytes(one.content), len(one.content)]
        for one in given
        if one.media_type in MEDIA_TYPES
    ]
    with unit_of_work() as uow:
        label = _locked(label_id)
        if label.state == LabelState.BOUGHT.value:
            return
        label_step(LabelState(label.state), LabelState.BOUGHT)
        for _kind, sha256, size in files:
            BlobRow.insert(sha256=sha256, size=size, created_at=at).on_conflict_ignore().execute()
        parcel: ParcelRow = label.parcel
        link = _link(shop, parcel, label, sold)
        price = {"price": sold.price.minor, "currency": sold.price.currency} if sold.price else {}
        LabelRow.update(
            state=LabelState.BOUGHT.value, ref=sold.ref[:255], number=sold.number[:NUMBER_LENGTH],
            network=sold.network[:60], link=link, files=[[kind, sha] for kind, sha, _size in files], reason="",
            changed_at=at, **price,
        ).where(LabelRow.id == label.id).execute()  # fmt: skip
        was_told = parcel.number
        ParcelRow.update(
            state=ParcelState.LABELLED.value, state_since=at, number=sold.number[:NUMBER_LENGTH],
            network=sold.network[:60], link=link,
        ).where(ParcelRow.id == parcel.id).execute()  # fmt: skip
        changed = bool(was_told and was_told != sold.number)
        packing.record(uow, parcel.order, parcel.id, "number" if changed else "labelled", SYSTEM, at)


def _own_files(shop: Shop, label_id: int, sold: Label, at: datetime) -> tuple[LabelFile, ...]:
    """The shop's own address label, where the carrier brings none."""
    label = _label(label_id)
    if label is None or label.state == LabelState.BOUGHT.value:
        return ()
    day = at.astimezone(shop.profile().zone).date()
    return printing.own_label(shop, label.parcel, sold.network or label.title, sold.number, day)


def _link(shop: Shop, parcel: ParcelRow, label: LabelRow, sold: Label) -> str:
    """Where the parcel can be followed: the carrier's own page, else what the plugins know of its network."""
    if sold.link.startswith("https://"):
        return sold.link[:500]
    carrier, address = shop.plugins.carriers.get(label.carrier), address_of(parcel.order)
    if carrier is None or address is None or not sold.number:
        return ""
    language = parcel.order.customer.language or shop.profile().language
    network = (label.typed or {}).get("network") or sold.network
    link = carrier.link(sold.number, network, address.postcode, address.country, language)
    return link[:500] if link.startswith("https://") else ""


def void(shop: Shop, label_id: int, *, actor: Actor, at: datetime) -> None:
    """Ask for a label's money back. The parcel may have another label from now on, whatever the carrier says.

    Raises AccessError, RuleError for one that was not bought or whose parcel has left.
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        label = _locked(label_id)
        parcel: ParcelRow = label.parcel
        if label.state != LabelState.BOUGHT.value:
            raise RuleError("Only a label that was bought can be voided.")
        if parcel.state != ParcelState.LABELLED.value:
            raise RuleError("This parcel has left with its label.")
        LabelRow.update(state=LabelState.VOID_ASKED.value, alive=None, changed_at=at).where(
            LabelRow.id == label.id
        ).execute()
        ParcelRow.update(state=ParcelState.PACKED.value, state_since=at, link="", rates=None).where(
            ParcelRow.id == parcel.id
        ).execute()
        uow.enqueue("void_label", {"label": label.id}, at=at, dedupe=f"void-label:{label.id}:{at.timestamp():.3f}")
        packing.record(uow, parcel.order, parcel.id, "label", actor, at)


def carry_out_void(shop: Shop, label_id: int, *, at: datetime) -> None:
    """Ask the carrier, and again while it looks at it. Raises OutsideError where it is to be tried again."""
    label = _label(label_id)
    if label is None or label.state != LabelState.VOID_ASKED.value:
        return
    carrier = shop.plugins.carriers.get(label.carrier)
    if carrier is None:
        raise Unreachable("This carrier is switched off; switch it on, and it goes on.")
    try:
        said = carrier.void(label.ref)
    except (Unreachable, Unsure) as error:
        raise Unreachable(error.sentence) from error
    except OutsideError as error:
        _set(label, LabelState.VOID_REFUSED, error.sentence, at)
        return
    if said is VoidState.ASKED:
        return  # the daily look asks again
    _set(label, LabelState(said.value) if said is VoidState.VOIDED else LabelState.VOID_REFUSED, "", at)


def ask_about_voids(at: datetime) -> None:
    """Have the carriers asked once a day about money that is on its way back."""
    with unit_of_work() as uow:
        for row in LabelRow.select(LabelRow.id).where(LabelRow.state == LabelState.VOID_ASKED.value):
            uow.enqueue("void_label", {"label": row.id}, at=at, dedupe=f"void-label:{row.id}:{at:%Y%m%d}")


def _label(label_id: int) -> LabelRow | None:
    row: LabelRow | None = LabelRow.get_or_none(LabelRow.id == label_id)
    return row


def _locked(label_id: int) -> LabelRow:
    """A label that nobody else changes until this transaction ends. Raises AccessError."""
    LabelRow.update(changed_at=LabelRow.changed_at).where(LabelRow.id == label_id).execute()
    row = _label(label_id)
    if row is None:
        raise AccessError
    return row


def _set(label: LabelRow, state: LabelState, reason: str, at: datetime) -> None:
    with unit_of_work() as uow:
        row = _locked(label.id)
        label_step(LabelState(row.state), state)
        alive = True if state in ALIVE else None
        LabelRow.update(state=state.value, reason=reason[:500], alive=alive, changed_at=at).where(
            LabelRow.id == row.id
        ).execute()
        packing.record(uow, row.parcel.order, row.parcel_id, "label", SYSTEM, at)


def _give_back(label: LabelRow, why: str, at: datetime) -> None:
    """The carrier sold nothing: the parcel may have another label."""
    _set(label, LabelState.FAILED, why, at)


def add_number(shop: Shop, label_id: int, number: str, *, actor: Actor, at: datetime) -> None:
    """The number of a label from a counter, once it is known. Raises AccessError, RuleError, IntakeError."""
    actor.must_be_staff()
    said = checked_number(number)
    if not said:
        raise IntakeError("Write the number.", {"number": "Write the number."})
    with unit_of_work() as uow:
        label = _locked(label_id)
        if label.state != LabelState.BOUGHT.value or label.number:
            raise RuleError("This label has its number.")
        parcel: ParcelRow = label.parcel
        sold = Label(label.ref, said, label.network, None)
        link = _link(shop, parcel, label, sold)
        LabelRow.update(number=said, link=link, changed_at=at).where(LabelRow.id == label.id).execute()
        ParcelRow.update(number=said, link=link).where(ParcelRow.id == parcel.id).execute()
        packing.record(uow, parcel.order, parcel.id, "labelled", actor, at)


def checked_number(number: str) -> str:
    """A tracking number without blanks, in capitals. Raises IntakeError for what is none."""
    said = "".join(number.split()).upper()
    if len(said) > NUMBER_LENGTH or not said.isprintable():
        raise IntakeError("That is no tracking number.", {"number": f"Use at most {NUMBER_LENGTH} letters and digits."})
    return said


def printed(label_ids: Sequence[int], *, at: datetime) -> None:
    """Remember that labels were sent to the printer."""
    LabelRow.update(printed_at=at).where(LabelRow.id.in_(list(label_ids)), LabelRow.printed_at.is_null()).execute()
