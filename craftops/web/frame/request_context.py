"""What every view reaches for: the shop, the reader, the moment, safe paths."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app, g, has_request_context, request, session
from flask_login import current_user

from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction
from craftops.domain.shop.catalogue import Catalogue
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import AccessError
from craftops.services.orders import first_orders
from craftops.services.people import accounts
from craftops.services.shop.context import Shop, ShopSnapshot
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, OrderRow
from craftops.store.queries import scoped
from craftops.web.frame.catalogue_words import spoken

EXTENSION = "craftops"
LOCAL_PATH = re.compile(r"^/(?![/\\])[\x21-\x7e]*$")


def current_shop() -> Shop:
    """The shop that this app serves."""
    return cast(Shop, current_app.extensions[EXTENSION])


def shop_snapshot() -> ShopSnapshot:
    """The shop's profile, first-run state and newest event, and who looks at it: read once a request, in one query, and
    before anything else."""
    found: ShopSnapshot | None = g.get("standing")
    if found is None:
        token = session_token()
        found = g.standing = current_shop().standing(accounts.digest(token) if token else "", utcnow())
    return found


def session_token() -> str:
    """The token of the session that the signed cookie names; empty without one."""
    token = session.get("_user_id") if has_request_context() else None
    return token if isinstance(token, str) else ""


def roles() -> Mapping[int, str]:
    """The role of whoever is signed in in each company that they are a member of."""
    return shop_snapshot().roles


def sight() -> RequestContext:
    """The shop, its profile and the moment of this request."""
    found: RequestContext | None = g.get("sight")
    if found is None:
        found = g.sight = RequestContext(current_shop(), shop_snapshot().profile, utcnow())
    return found


DRAFT = "draft"
"""Where the signed cookie keeps the secret of a visitor's first order."""


def find_visitor(*, make: bool) -> AccountRow | None:
    """The visitor whose first order this browser puts together; from now on this request is theirs. Raises
    TooManyTries."""
    secret = session.get(DRAFT, "")
    if not secret or current_user.is_authenticated:
        return None
    found = first_orders.visitor_of(current_shop(), secret, make=make, address=remote_address(), at=sight().now)
    g.visitor = found
    return found


def account() -> AccountRow:
    """Whoever is signed in; on pages that are open to them, the visitor. Raises AccessError for anybody else."""
    if current_user.is_authenticated:
        return cast(AccountRow, current_user.account)
    visitor = g.get("visitor")
    if visitor is None:
        raise AccessError
    return cast(AccountRow, visitor)


def actor() -> Actor:
    """The same, as the one who acts."""
    return accounts.actor_of(account())


def allowed(order: OrderRow) -> frozenset[CompanyAction]:
    """What the reader may do with an order that they see; asked once a request."""
    known: dict[int, frozenset[CompanyAction]] = g.setdefault("allowed", {})
    if order.id not in known:
        known[order.id] = scoped.actions(actor(), order, roles())
    return known[order.id]


def safe_path(path: str, otherwise: str) -> str:
    """``path`` if it stays on this site, else ``otherwise``: never another host, scheme or a control character."""
    if LOCAL_PATH.match(path) and "\\" not in path and len(path) < 500:
        return path
    return otherwise


def back(otherwise: str) -> str:
    """The page that a form was sent from, if it says so and it is ours."""
    return safe_path(request.form.get("back", ""), otherwise)


def remote_address() -> str:
    """The peer's address; behind as many proxies as ``server.trusted_proxies`` says, theirs is believed."""
    return request.remote_addr or "?"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """From where somebody looks: the shop, its profile (read once), and the moment."""

    shop: Shop
    profile: ShopProfile
    now: datetime

    @property
    def catalogue(self) -> Catalogue:
        """What the shop offers, with labels as the reader is told them."""
        return spoken(self.shop.catalogue)
