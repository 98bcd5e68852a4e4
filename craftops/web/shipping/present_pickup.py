"""Pickup, as customers, the people they send, and everybody read it."""

from __future__ import annotations

import io
from datetime import date, timedelta
from urllib.parse import quote

from flask import url_for
from markupsafe import Markup

from craftops.domain.hours.osm import closures, opening_hours, specification
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction
from craftops.domain.shipping.pickup import PickupState, spaced
from craftops.domain.shop.profile import ShopProfile
from craftops.sdk.notification import InlinePicture
from craftops.services.shipping import pickup
from craftops.services.shipping.settings import shipping_settings
from craftops.store.queries import pickup_pages as rows
from craftops.store.views.orders import OrderView
from craftops.store.views.shipping import PickupPass
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext, allowed
from craftops.web.frame.views import HoursRow
from craftops.web.machines.present import qr_svg
from craftops.web.shipping.views_pickup import (
    MailTicket,
    PickupPanel,
    PlaceCard,
    PlacePage,
    ProxyLine,
    ProxyTicket,
)

AHEAD = timedelta(days=30)
"""Closed days are told so long before."""
MOST_CLOSED = 6
PICKED_UP = (Stage.READY_FOR_PICKUP, Stage.COMPLETED)
CODE_CID = "pickup-code"


def place_card(sight: RequestContext) -> PlaceCard:
    """Address, hours with their breaks, days off ahead, ways to find it."""
    profile, calendar = sight.profile, sight.profile.calendar
    asked = quote(", ".join(_street(profile)))
    return PlaceCard(
        address=profile.address,
        open_sentence=labels.open_sentence(calendar, sight.now),
        is_open=calendar.is_open(sight.now),
        hours=() if calendar.always_open else tuple(HoursRow(*row) for row in labels.hours_rows(calendar)),
        closed=_closed(sight),
        map_url=f"https://www.openstreetmap.org/search?query={asked}" if asked else "",
        geo_url=f"geo:0,0?q={asked}" if asked else "",
    )


def _street(profile: ShopProfile) -> tuple[str, ...]:
    """The address without the shop's own name, which no map knows."""
    lines = profile.address
    return lines[1:] if len(lines) > 1 and lines[0].strip() == profile.name.strip() else lines


def _closed(sight: RequestContext) -> tuple[str, ...]:
    zone = sight.profile.zone
    today = sight.now.astimezone(zone).date()
    return tuple(
        labels.date_words(first) if first == last else f"{labels.date_words(first)} – {labels.date_words(last)}"
        for first, last in closures(sight.profile.calendar, today)
        if first <= today + AHEAD
    )[:MOST_CLOSED]


def place_page(sight: RequestContext) -> PlacePage:
    """The page that a code leads everybody to who does not work here: nothing of any order."""
    profile = sight.profile
    today = sight.now.astimezone(profile.zone).date()
    return PlacePage(profile.name, place_card(sight), opening_hours(profile.calendar, today), _data(sight, today))


def _data(sight: RequestContext, today: date) -> dict[str, object]:
    """The shop as a schema.org LocalBusiness."""
    profile = sight.profile
    sender = shipping_settings(sight.shop).sender
    address: object = ", ".join(_street(profile))
    if sender is not None:
        address = {
            "@type": "PostalAddress", "streetAddress": sender.line1, "postalCode": sender.postcode,
            "addressLocality": sender.city, "addressCountry": sender.country,
        }  # fmt: skip
    told = {"telephone": profile.phone, "email": profile.email, "address": address}
    return {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "name": profile.name,
        "url": url_for("portal.dashboard", _external=True),
        **{name: value for name, value in told.items() if value},
        "openingHoursSpecification": specification(profile.calendar, today),
    }


def code_qr(code: str) -> Markup:
    """What a scanner at the counter reads: the address of the hand-over, which shows nothing to anybody else."""
    address = url_for("pickup.scanned", code=code, _external=True)
    return Markup(qr_svg(address, _("Code for the counter")))  # noqa: S704 - our own drawing of a known text


def panel(order: OrderView, sight: RequestContext, _actor: Actor) -> PickupPanel | None:
    """The customer's ticket while the order waits, and who took it afterwards."""
    if order.delivery != "pickup" or Stage(order.stage) not in PICKED_UP:
        return None
    ticket = pickup.ticket_of(order, at=sight.now)
    if ticket is None:
        row = rows.of_order(order.id)
        if row is None or row.state != PickupState.HANDED.value:
            return None
        return PickupPanel("", Markup(), place_card(sight), (), "", row.given_to, row.handed_at)
    if CompanyAction.DECIDE not in allowed(order):
        return PickupPanel("", Markup(), place_card(sight), (), "", "", None)
    proxies = tuple(_proxy(one, order, sight) for one in rows.passes(ticket.pickup.id) if one.name)
    return _ticket_panel(ticket.own.code, proxies, url_for("portal.send_proxy", code=order.code), sight)


def own_ticket(order: OrderView, sight: RequestContext) -> PickupPanel | None:
    """The same for a customer who sees their order by the link of their mails, without signing in."""
    ticket = pickup.ticket_of(order, at=sight.now) if order.delivery == "pickup" else None
    return _ticket_panel(ticket.own.code, (), "", sight) if ticket is not None else None


def _ticket_panel(code: str, proxies: tuple[ProxyLine, ...], send_url: str, sight: RequestContext) -> PickupPanel:
    return PickupPanel(spaced(code), code_qr(code), place_card(sight), proxies, send_url, "", None)


def _proxy(one: PickupPass, order: OrderView, sight: RequestContext) -> ProxyLine:
    return ProxyLine(
        one.id,
        one.name,
        url_for("pickup.ticket", token=pickup.token(sight.shop, one), _external=True),
        url_for("portal.take_proxy_back", code=order.code, pass_id=one.id),
    )


def proxy_ticket(found: PickupPass, sight: RequestContext) -> ProxyTicket:
    """What somebody who is sent may know: what it is, where it lies, and their code."""
    return ProxyTicket(
        name=found.name,
        title=found.title,
        code=spaced(found.code),
        qr=code_qr(found.code),
        place=place_card(sight),
    )


def mail_ticket(order: OrderView, sight: RequestContext) -> tuple[MailTicket, InlinePicture] | None:
    """The ticket of an order for its mail, with the picture of its code; None where it does not wait."""
    import segno  # only mails of pickup and pages with codes need it

    ticket = pickup.ticket_of(order, at=sight.now)
    if ticket is None:
        return None
    out = io.BytesIO()
    address = url_for("pickup.scanned", code=ticket.own.code, _external=True)
    segno.make(address, error="m", micro=False).save(out, kind="png", scale=6, border=4)
    card = place_card(sight)
    code = spaced(ticket.own.code)
    picture = InlinePicture(CODE_CID, out.getvalue(), _("Code for the counter: %(code)s", code=code))
    can_send = order.customer.has_password
    return MailTicket(code, CODE_CID, can_send, card.closed, card.map_url), picture
