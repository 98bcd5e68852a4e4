"""What every view reaches for: the shop, the reader, the moment, safe paths."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from flask import current_app, has_request_context, request, session
from flask_login import UserMixin, current_user

from craftops.domain.people.access import Actor, Role
from craftops.domain.people.companies import CompanyAction
from craftops.domain.shop.catalogue import Catalogue
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import AccessError
from craftops.services.orders import first_orders
from craftops.services.people import accounts
from craftops.services.shop.context import Shop, ShopSnapshot
from craftops.store.database import utcnow
from craftops.store.queries import scoped
from craftops.store.views.orders import OrderSeen
from craftops.store.views.people import PersonView
from craftops.web.frame.catalogue_words import spoken
from craftops.web.frame.page_globals import page_globals
from craftops.web.frame.sent_form import SentForm

EXTENSION = "craftops"
LOCAL_PATH = re.compile(r"^/(?![/\\])[\x21-\x7e]*$")


def current_shop() -> Shop:
    """The shop that this app serves."""
    known = page_globals()
    found: Shop | None = known.get("shop")
    if found is None:
        found = known["shop"] = cast(Shop, current_app.extensions[EXTENSION])
    return found


def shop_snapshot() -> ShopSnapshot:
    """The shop's profile, first-run state and newest event, and who looks at it: read once a request, in one query, and
    before anything else."""
    known = page_globals()
    found: ShopSnapshot | None = known.get("standing")
    if found is None:
        token = session_token()
        found = known["standing"] = current_shop().standing(accounts.digest(token) if token else "", utcnow())
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
    known = page_globals()
    found: RequestContext | None = known.get("sight")
    if found is None:
        found = known["sight"] = RequestContext(current_shop(), shop_snapshot().profile, utcnow())
    return found


DRAFT = "draft"
"""Where the signed cookie keeps the secret of a visitor's first order."""


def find_visitor(*, make: bool) -> PersonView | None:
    """The visitor whose first order this browser puts together; from now on this request is theirs. Raises
    TooManyTries."""
    secret = session.get(DRAFT, "")
    if not secret or signed_in() is not None:
        return None
    found = first_orders.visitor_of(current_shop(), secret, make=make, address=remote_address(), at=sight().now)
    page_globals()["visitor"] = found
    return found


class SignedInUser(UserMixin):  # type: ignore[misc]
    """A signed-in browser. Flask-Login's id is the token of the session row, so that a session can be ended."""

    def __init__(self, account: PersonView, token: str) -> None:
        self.account = account
        self.token = token

    def get_id(self) -> str:
        return self.token

    @property
    def is_staff(self) -> bool:
        return self.account.role in (Role.STAFF.value, Role.OWNER.value)


def signed_in() -> SignedInUser | None:
    """Whoever is signed in; None for a visitor and outside of a request."""
    if not has_request_context():
        return None
    known = page_globals()
    user = known.get("_login_user") or current_user._get_current_object()  # the first is where Flask-Login keeps them
    return user if user.is_authenticated else None


def account() -> PersonView:
    """Whoever is signed in; on pages that are open to them, the visitor. Raises AccessError for anybody else."""
    user, known = signed_in(), page_globals()
    if user is not None:
        return user.account
    visitor = known.get("visitor")
    if visitor is None:
        raise AccessError
    return cast(PersonView, visitor)


def actor() -> Actor:
    """The same, as the one who acts."""
    return accounts.actor_of(account())


def allowed(order: OrderSeen) -> frozenset[CompanyAction]:
    """What the reader may do with an order that they see; asked once a request."""
    known: dict[int, frozenset[CompanyAction]] = page_globals().setdefault("allowed", {})
    if order.id not in known:
        known[order.id] = scoped.actions(actor(), order, roles())
    return known[order.id]


def safe_path(path: str, otherwise: str) -> str:
    """``path`` if it stays on this site, else ``otherwise``: never another host, scheme or a control character."""
    if LOCAL_PATH.match(path) and "\\" not in path and len(path) < 500:
        return path
    return otherwise


class BackForm(SentForm):
    """The page that a form stands on."""

    back: str = ""


def back(otherwise: str) -> str:
    """The page that a form was sent from, if it says so and it is ours."""
    return safe_path(BackForm.sent().back, otherwise)


def remote_address() -> str:
    """The peer's address; behind as many proxies as ``server.trusted_proxies`` says, theirs is believed."""
    return request.remote_addr or "?"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """From where somebody looks: the shop, its profile (read once), and the moment."""

    shop: Shop
    profile: ShopProfile
    now: datetime
    _minute: list[RequestContext] = field(default_factory=list, init=False, repr=False, compare=False)

    def this_minute(self) -> RequestContext:
        """The same at the beginning of this minute: what is said by it stays the same for so long."""
        if not self._minute:
            self._minute.append(replace(self, now=self.now.replace(second=0, microsecond=0)))
        return self._minute[0]

    @property
    def settings(self) -> Hashable:
        """Equal as long as catalogue, words and theme are what they were."""
        return self.shop.kept.version, self.shop.kept.renewals

    @property
    def catalogue(self) -> Catalogue:
        """What the shop offers, with labels as the reader is told them."""
        return spoken(self.shop.catalogue)
