"""Carriers that are set up, and what they are told of a parcel."""

from __future__ import annotations

from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.customs import needs_customs
from craftops.domain.shipping.settings import ShippingSettings
from craftops.errors import AccessError, RuleError
from craftops.sdk.carrier import Carrier, Consignment
from craftops.services.orders.delivering import address_of
from craftops.services.shipping.packing import customs_of, size_of
from craftops.services.shipping.settings import shipping_settings
from craftops.services.shop.context import Shop
from craftops.store.models import OrderRow, ParcelRow


def ready_carriers(shop: Shop) -> list[Carrier]:
    """Those that are set up, in the order of the plugins."""
    return [one for one in shop.plugins.carriers.values() if one.ready]


def carrier_of(shop: Shop, name: str) -> Carrier:
    """A carrier that is set up. Raises AccessError."""
    found = shop.plugins.carriers.get(name)
    if found is None or not found.ready:
        raise AccessError
    return found


def consignment_of(shop: Shop, parcel: ParcelRow) -> Consignment:
    """What a carrier is told of a parcel. Raises RuleError with what is missing."""
    settings = shipping_settings(shop)
    recipient = recipient_of(parcel.order)
    sender = sender_of(settings)
    customs = customs_of(parcel) if needs_customs(sender, recipient) else ()
    if needs_customs(sender, recipient) and not customs:
        raise RuleError("This parcel leaves the customs area.", "Fill in its customs declaration first.")
    email = parcel.order.customer.email if settings.tell_email else ""
    return Consignment(sender, recipient, size_of(parcel), email, customs)


def recipient_of(order: OrderRow) -> PostalAddress:
    """Where an order goes. Raises RuleError where nobody has said it."""
    found = address_of(order)
    if found is None:
        raise RuleError("Nobody has said yet where this order goes.", "Write the address first.")
    return found


def sender_of(settings: ShippingSettings) -> PostalAddress:
    """The shop's own address. Raises RuleError where nobody has written it."""
    if settings.sender is None:
        raise RuleError("The shop's own address is missing.", "Write the sender in the settings of shipping.")
    return settings.sender
