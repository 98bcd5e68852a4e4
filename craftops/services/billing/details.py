"""To whom a customer's invoices are made out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.domain.billing.documents import Party
from craftops.domain.billing.tax import Buyer
from craftops.domain.billing.totals import Rounding
from craftops.domain.billing.vat_ids import check_vat_id
from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor
from craftops.errors import AccessError, IntakeError
from craftops.store.database import unit_of_work
from craftops.store.models import BillingDetailsRow
from craftops.store.prepared import Prepared
from craftops.store.views.people import Account


@dataclass(frozen=True, slots=True)
class Details:
    """As a form has them; ``address`` in lines."""

    name: str = ""
    contact: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    is_business: bool = False
    vat_id: str = ""
    certificate: str = ""
    net_days: int | None = None
    """Days to pay that were agreed with them; None: the shop's own."""

    @property
    def complete(self) -> bool:
        return bool(self.name and self.address and self.city and self.country)

    @property
    def rounding(self) -> Rounding:
        """Businesses read net prices, consumers what they pay."""
        return Rounding.SUM_BY_NET if self.is_business else Rounding.SUM_BY_NET_KEEP_GROSS


NEEDED = {"name": "Write the name for the invoice.", "address": "Write street and number.", "city": "Write the city."}
MOST_NET_DAYS = 365
LONGEST = {"name": 200, "contact": 200, "address": 500, "postcode": 20, "city": 100, "vat_id": 20, "certificate": 100}


_OF_ACCOUNT: Prepared[BillingDetailsRow] = Prepared(
    lambda account: BillingDetailsRow.select().where(BillingDetailsRow.account == account)
)


def details_of(account: Account, home: str) -> Details:
    """What is known of a customer; ``home`` is the shop's country, for one who has told none."""
    row = _OF_ACCOUNT.first(account.id)
    if row is None:
        return Details(name=account.name, country=home)
    return Details(
        row.name, row.contact, row.address, row.postcode, row.city, row.country or home, row.is_business, row.vat_id,
        row.certificate, row.net_days,
    )  # fmt: skip


def buyer_of(details: Details) -> Buyer:
    """What of a customer decides the tax."""
    return Buyer(details.country, details.is_business, details.vat_id, details.certificate)


def party_of(details: Details, account: Account) -> Party:
    """A customer as printed."""
    return Party(
        details.name or account.name, tuple(filter(None, details.address.splitlines())), details.postcode, details.city,
        details.country, details.contact, account.email, account.phone, details.vat_id,
    )  # fmt: skip


def _faults(details: Details) -> dict[str, str]:
    """Field -> what is wrong with it, of all but the VAT number."""
    faults = {
        name: f"Keep this below {most} characters."
        for name, most in LONGEST.items()
        if len(getattr(details, name)) > most
    }
    faults |= {name: sentence for name, sentence in NEEDED.items() if not getattr(details, name).strip()}
    if len(details.country) != 2 or not details.country.isascii() or not details.country.isalpha():
        faults["country"] = "Write the country as two letters, such as DE."
    return faults


def save_details(account: Account, details: Details, *, actor: Actor, at: datetime) -> None:
    """Keep them. Only staff may note a certificate of exemption. Raises AccessError, IntakeError with every field."""
    if not actor.is_staff and actor.customer_id != account.id:
        raise AccessError
    faults = _faults(details)
    vat_id = ""
    if details.vat_id.strip():
        try:
            vat_id = check_vat_id(details.vat_id)
        except IntakeError as error:
            faults["vat_id"] = error.sentence
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    with unit_of_work() as uow:
        row = BillingDetailsRow.get_or_none(BillingDetailsRow.account == account.id)
        certificate = details.certificate.strip() if actor.is_staff else (row.certificate if row else "")
        values = {
            "name": details.name.strip(), "contact": details.contact.strip(), "address": details.address.strip(),
            "postcode": details.postcode.strip(), "city": details.city.strip(), "country": details.country.upper(),
            "is_business": details.is_business, "vat_id": vat_id, "certificate": certificate, "changed_at": at,
        }  # fmt: skip
        if row is None:
            BillingDetailsRow.create(account=account.id, **values)
        else:
            BillingDetailsRow.update(**values).where(BillingDetailsRow.id == row.id).execute()
        uow.record(Event(EventKind.ACCOUNT_CHANGED, at, actor, customer_id=account.id, data={"account": account.id}))


def save_terms(account: Account, net_days: int | None, *, actor: Actor, at: datetime) -> None:
    """Keep the days to pay that were agreed with a customer; None goes back to the shop's own. Raises IntakeError,
    AccessError."""
    actor.must_be_staff()
    if net_days is not None and not 0 <= net_days <= MOST_NET_DAYS:
        raise IntakeError("These days cannot be used.", {"net_days": f"Write days from 0 to {MOST_NET_DAYS}."})
    with unit_of_work() as uow:
        mine = BillingDetailsRow.account == account.id
        if not BillingDetailsRow.update(net_days=net_days, changed_at=at).where(mine).execute():
            BillingDetailsRow.create(account=account.id, name=account.name, net_days=net_days, changed_at=at)
        data = {"account": account.id, "net_days": net_days}
        uow.record(Event(EventKind.ACCOUNT_CHANGED, at, actor, customer_id=account.id, data=data))
