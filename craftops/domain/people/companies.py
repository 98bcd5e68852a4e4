"""Company accounts: who of a company may do what with its orders, and when somebody may leave."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from craftops.domain.people.newcomers import hides_address
from craftops.errors import IntakeError, RuleError

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ3789"
"""Without look-alikes, as the codes of orders."""
INVITATION = timedelta(days=14)
"""How long an invitation is good."""
VAT_ID = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,12}")
"""The shape of a VAT number: a country and up to 12 characters (Council Directive 2006/112/EC, Article 215)."""


class CompanyRole(StrEnum):
    """What a member is in their company for."""

    ADMIN = "admin"
    BUYER = "buyer"
    FINANCE = "finance"
    VIEWER = "viewer"


class CompanyAction(StrEnum):
    """What can be done with an order or the company itself."""

    SEE = "see"
    ORDER = "order"
    WRITE = "write"
    DECIDE = "decide"
    """Answer questions, send new versions, cancel."""
    SHARE = "share"
    PAY = "pay"
    """See and pay invoices."""
    MANAGE = "manage"
    """Let people in, give them roles, change what the company is called."""


A = CompanyAction
ALL_ACTIONS = frozenset(CompanyAction)
OWN_ORDER = ALL_ACTIONS - {A.MANAGE}
"""What somebody may do with an order that belongs to no company but to them."""
ALLOWED: Mapping[CompanyRole, frozenset[CompanyAction]] = {
    CompanyRole.ADMIN: ALL_ACTIONS,
    CompanyRole.BUYER: frozenset({A.SEE, A.ORDER, A.WRITE, A.DECIDE, A.SHARE}),
    CompanyRole.FINANCE: frozenset({A.SEE, A.PAY}),
    CompanyRole.VIEWER: frozenset({A.SEE}),
}
OF_ROLE: Mapping[str | None, frozenset[CompanyAction]] = {role.value: actions for role, actions in ALLOWED.items()}


def actions_of(role: str | None) -> frozenset[CompanyAction]:
    """What a member of this role may do; nothing for somebody who is no member."""
    return OF_ROLE.get(role, frozenset())


def roles_with(action: CompanyAction) -> tuple[str, ...]:
    """The roles that may do this."""
    return tuple(role.value for role, actions in ALLOWED.items() if action in actions)


def new_code() -> str:
    """What somebody writes who wants to join: ten random characters, 48 bits."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(10))


def check_names(name: str, vat_id: str) -> tuple[str, str]:
    """Name and VAT number of a company as they are kept. Raises IntakeError with the faulty fields."""
    named, number = " ".join(name.split()), re.sub(r"[\s.\-]", "", vat_id).upper()
    faults = {}
    if not named or len(named) > 200:
        faults["name"] = "Write the company's name, in at most 200 characters."
    elif hides_address(named):
        faults["name"] = "Write the name alone, without an address."
    if number and not VAT_ID.fullmatch(number):
        faults["vat_id"] = "Write it with its country, like DE123456789."
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    return named, number


def read_role(text: str) -> CompanyRole:
    """A role from a form. Raises IntakeError."""
    try:
        return CompanyRole(text)
    except ValueError:
        raise IntakeError("Choose a role.", {"role": "Choose a role."}) from None


def check_change(roles: Mapping[int, CompanyRole], member: int, to: CompanyRole | None) -> None:
    """Whether a member may get another role, or go (``to`` is None): as long as somebody is left, one is an admin.

    ``roles`` by member. Raises RuleError.
    """
    after = {one: role for one, role in roles.items() if one != member}
    if to is not None:
        after[member] = to
    if after and CompanyRole.ADMIN not in after.values():
        raise RuleError("A company needs an admin.", "Make somebody else one first.")
