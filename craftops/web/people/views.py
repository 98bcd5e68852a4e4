"""What templates get of customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import FormField
from craftops.web.orders.views import BoardCard


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A customer in the list."""

    id: int
    name: str
    email: str
    url: str
    orders: int
    active: int
    since: datetime


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A browser that is signed in."""

    id: int
    browser: str
    since: datetime
    seen: datetime
    this: bool


@dataclass(frozen=True, slots=True)
class AccountPage:
    """``portal/account.html``: one's own page."""

    email: str
    details: tuple[FormField, ...]
    passwords: tuple[FormField, ...]
    sessions: tuple[SessionLine, ...]
    is_customer: bool


@dataclass(frozen=True, slots=True)
class CustomersPage:
    """``staff/customers.html``."""

    rows: tuple[CustomerLine, ...]
    query: str
    total: int
    page: int
    pages: int
    next_url: str
    previous_url: str


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """``staff/customer.html``."""

    customer: CustomerLine
    orders: tuple[BoardCard, ...]
    phone: str
    mail_trouble: str = ""
    """What is wrong with their address; empty while mails arrive."""
