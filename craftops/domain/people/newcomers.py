"""People without an account: whether they may become customers, and how their first order goes."""

from __future__ import annotations

from enum import StrEnum


class NewCustomers(StrEnum):
    """Who may order without having been added by the shop."""

    OPEN = "open"
    BY_APPROVAL = "by_approval"
    INVITATION = "invitation"
