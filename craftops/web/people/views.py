"""What templates get of customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import Choice, FormField
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
    new_email: tuple[FormField, ...] = ()
    pending_email: str = ""
    """An address that waits for the click on a link to it."""


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
    net_days: str = ""
    """Days to pay that were agreed with them; empty for the shop's own."""
    usual_days: int = 0


@dataclass(frozen=True, slots=True)
class CompanyLine:
    """A company of the reader; ``url`` is empty while they only ask to join."""

    name: str
    url: str
    role: str


@dataclass(frozen=True, slots=True)
class CompaniesPage:
    """``portal/companies.html``."""

    mine: tuple[CompanyLine, ...]
    found: tuple[FormField, ...]
    code: FormField


@dataclass(frozen=True, slots=True)
class MemberLine:
    """Somebody of a company."""

    name: str
    email: str
    role: str
    roles: tuple[Choice, ...]
    me: bool
    since: datetime
    change_url: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An invitation that nobody has used yet."""

    email: str
    role: str
    at: datetime
    revoke_url: str


@dataclass(frozen=True, slots=True)
class CompanyPage:
    """``portal/company.html``. ``code``, ``asking``, ``invitations`` and ``names`` are for those who manage it."""

    id: int
    name: str
    vat_id: str
    role: str
    role_note: str
    manages: bool
    members: tuple[MemberLine, ...]
    asking: tuple[MemberLine, ...]
    code: str
    invitations: tuple[InvitationLine, ...]
    names: tuple[FormField, ...]
    invite_email: FormField
    roles: tuple[Choice, ...]
    leave_url: str
    alone: bool
    """The reader is the only member."""


@dataclass(frozen=True, slots=True)
class AskingMember:
    """Somebody who asks to join, on the home of an admin."""

    name: str
    email: str
    company: str
    url: str


@dataclass(frozen=True, slots=True)
class JoinPage:
    """``portal/join.html``: the page behind an invitation. ``closed``: the shop takes nobody that it has not added."""

    token: str
    company: str
    by: str
    role: str
    email: str
    is_new: bool
    closed: bool
    sign_in_url: str
    name: str
    error: str


@dataclass(frozen=True, slots=True)
class AddressLine:
    """An address of the book, as a label shows it."""

    id: int
    lines: tuple[str, ...]
    usual: bool
    edit_url: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class AddressBookPage:
    """``portal/addresses.html``: the book with a form, or one address alone while it is changed."""

    lines: tuple[AddressLine, ...]
    fields: tuple[FormField, ...]
    form_url: str
    editing: bool
