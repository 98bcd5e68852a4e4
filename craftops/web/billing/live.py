"""Live pages of money: the lists of a customer and of the floor. What an order owes stands on its page, which moves."""

from __future__ import annotations

from craftops.domain.events import Event
from craftops.errors import AccessError
from craftops.web.frame.live.topics import MONEY, NOTHING, REFRESH, LiveTopic, PageChange, of_customer, whole
from craftops.web.frame.request_context import account


def _floor(event: Event, _id: int) -> PageChange:
    return REFRESH if event.kind in MONEY else NOTHING


def _mine(rest: str) -> int:
    if rest:
        raise AccessError
    return int(account().id)


def _customer(event: Event, id_: int) -> PageChange:
    return REFRESH if event.kind in MONEY and event.customer_id == id_ else NOTHING


def _of_nobody(_rest: str) -> int:
    """Pages behind links are followed by their own address, with the token."""
    raise AccessError


def _paper(event: Event, _id: int) -> PageChange:
    return REFRESH if event.kind in MONEY else NOTHING


PAPER = "paper"
"""The page of a quote or an invoice behind its link; its id is the customer's, and it is only ever taken anew."""
TOPICS = (
    LiveTopic(PAPER, PAPER, _of_nobody, _paper, of_customer),
    LiveTopic("staff-money", "staff/money", whole, _floor, for_staff=True),
    LiveTopic("invoices", "invoices", _mine, _customer, of_customer),
)
