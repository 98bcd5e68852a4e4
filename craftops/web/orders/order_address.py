"""Where an order is to be sent, asked in its form: one of the address book, or another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from craftops.domain.people.access import Role
from craftops.domain.people.addresses import PostalAddress
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.orders.delivering import as_address
from craftops.services.people import addresses
from craftops.services.shipping.settings import shipping_settings
from craftops.store.views.people import Account, AddressView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import sight
from craftops.web.frame.views import Choice
from craftops.web.orders.forms import OrderForm
from craftops.web.orders.views_address import OrderAddress
from craftops.web.people.address_fields import address_fields, address_lines, address_values, sent_address

PREFIX = "to_"
ANOTHER = "another"
SAME = "same"
"""The address of the order that is ordered again."""


def read_address(form: OrderForm, customer: Account | None, before: PostalAddress | None = None) -> PostalAddress:
    """The address that a form says; ``customer`` is whose book it may name, ``before`` the one of last time. Raises
    IntakeError with its fields."""
    chosen = ANOTHER if form.ship_to is None else form.ship_to
    if before is not None and chosen == SAME:
        return before
    if customer is not None and chosen.isascii() and chosen.isdigit():
        try:
            return as_address(addresses.find(customer, int(chosen)))
        except (AccessError, OverflowError):
            raise IntakeError(
                _("This address is not in your book any more."), {"ship_to": _("Choose another.")}
            ) from None
    try:
        return addresses.check(sent_address(PREFIX))
    except IntakeError as error:
        fields = {PREFIX + name: sentence for name, sentence in error.fields.items()}
        raise IntakeError(_("The address is not complete yet."), fields) from None


def keep_in_book(form: OrderForm, customer: Account, address: PostalAddress) -> None:
    """A new address is in the book from now on, unless the customer does not want that or the book is full."""
    if not form.to_keep or form.ship_to not in (None, ANOTHER):
        return
    if any(as_address(row) == address for row in addresses.of_account(customer)):
        return
    try:
        addresses.save(customer, address, at=sight().now)
    except RuleError:
        return


def _own_name(customer: Account | None) -> dict[str, str]:
    return {"name": customer.name, "phone": customer.phone} if customer is not None else {}


def address_part(form: OrderForm | None, customer: Account | None, errors: dict[str, str]) -> OrderAddress:
    """The part of a form that was sent, or of a new one; the shop's own country is proposed where nothing is known."""
    owner = customer if customer is not None and customer.role == Role.CUSTOMER.value else None
    book = addresses.of_account(owner) if owner is not None else []
    chosen = _chosen(form, book)
    values = address_values(sent_address(PREFIX)) if form else _own_name(owner)
    values = {**values, "country": values.get("country") or _home()}
    faults = {name.removeprefix(PREFIX): why for name, why in errors.items() if name.startswith(PREFIX)}
    choices = [*(_choice(row, chosen) for row in book), Choice(ANOTHER, _("Another address"), chosen == ANOTHER)]
    return OrderAddress(
        tuple(choices) if book else (),
        address_fields(values, faults, PREFIX),
        keeps=owner is not None and (form is None or form.to_keep),
        can_keep=owner is not None,
        open=bool(faults) or not book,
        error=errors.get("ship_to", ""),
    )


def address_again(form: OrderForm | None, part: OrderAddress, before: PostalAddress | None) -> OrderAddress:
    """The part with the address of last time in the first place, and chosen unless another was."""
    if before is None:
        return part
    chosen = SAME if form is None or form.ship_to is None else form.ship_to
    others = part.choices or (Choice(ANOTHER, _("Another address")),)
    same = Choice(SAME, _("Where it went last time"), chosen == SAME, ", ".join(address_lines(before)))
    choices = (same, *(replace(one, chosen=one.value == chosen) for one in others))
    return replace(part, choices=choices, open=part.open and bool(part.choices))


def _chosen(form: OrderForm | None, book: Sequence[AddressView]) -> str:
    """What was ticked; in a new form the address that is used most."""
    proposed = str(book[0].id) if book else None
    chosen = form.ship_to if form else proposed
    return ANOTHER if chosen is None else chosen


def _home() -> str:
    sender = shipping_settings(sight().shop, sight().profile).sender
    return sender.country if sender is not None else ""


def _choice(row: AddressView, chosen: str) -> Choice:
    name, *rest = address_lines(as_address(row))
    return Choice(str(row.id), name, chosen == str(row.id), ", ".join(rest))
