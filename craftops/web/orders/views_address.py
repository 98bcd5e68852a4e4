"""The address part of an order's form."""

from __future__ import annotations

from dataclasses import dataclass

from craftops.web.frame.views import Choice, FormField


@dataclass(frozen=True, slots=True)
class OrderAddress:
    """``portal/_order_address.html``: where an order is to be sent."""

    choices: tuple[Choice, ...]
    """The customer's book and "another"; empty where there is no book."""
    fields: tuple[FormField, ...]
    keeps: bool
    can_keep: bool
    """Whether there is a book that it could go into."""
    open: bool
    """The fields are shown whatever is chosen."""
    error: str
