"""What the forms of orders send."""

from __future__ import annotations

from typing import Annotated

from craftops.domain.orders.order import Delivery
from craftops.domain.orders.withdrawal import Declaration
from craftops.domain.orders.workflow import Stage
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.sent_form import Line, MaybeNumber, Numbers, Says, SentForm, Texts, Ticked, at_most, cut

MAX_LINES = 50
RUSH = "rush"


class OrderForm(SentForm):
    """An order that is written, for the first time or again; its lines are ``OrderLineForm`` or ``AgainLineForm``."""

    line: Annotated[Texts, at_most(MAX_LINES)] = ()
    """The keys of its lines."""
    action: str = "submit"
    title: str = ""
    token: str = ""
    delivery: str = ""
    speed: str = ""
    company: MaybeNumber = None
    """None for the customer themselves."""
    po_number: str = ""
    ship_to: str | None = None
    """The number of an address of the book, or one of the words of ``order_address``; None where none was asked for."""
    to_keep: Ticked = False
    name: str = ""
    email: str = ""
    """Of a visitor."""

    @property
    def reaches_by(self) -> Delivery:
        """How it should reach them."""
        return Delivery.SHIPPING if self.delivery == Delivery.SHIPPING.value else Delivery.PICKUP

    @property
    def ships(self) -> bool:
        """Whether it needs an address."""
        return self.reaches_by is Delivery.SHIPPING

    @property
    def rush(self) -> bool:
        """Whether it should go first."""
        return self.speed == RUSH


class OrderLineForm(SentForm):
    """A line of an order that is written."""

    file: MaybeNumber = None
    quantity: str = ""
    material: str = ""
    colour: str = ""
    finish: str = ""
    instructions: str = ""


class AgainLineForm(SentForm):
    """A line of an order that is ordered again."""

    want: Ticked = False
    near: str = ""
    material: str = ""
    colour: str = ""
    finish: str = ""
    quantity: str = ""
    instructions: str = ""


class ShareForm(SentForm):
    """For whom a link to an order is."""

    name: str = ""
    note: str = ""


class OrderCodeForm(SentForm):
    """What names an order."""

    code: str = ""


class WithdrawalForm(SentForm):
    """A withdrawal, and how far its writer is. What was not sent is proposed."""

    name: str | None = None
    email: str | None = None
    words: str = ""
    lines: Numbers = ()
    back: Ticked = False
    confirm: Ticked = False

    @property
    def declared(self) -> Declaration:
        """What they say; the parts stand apart."""
        return Declaration(self.name or "", self.email or "", (), self.words)


class WithdrawalAnswerForm(SentForm):
    """What the shop says to a withdrawal."""

    to: str = ""
    sentence: str = ""


class SpecificationForm(SentForm):
    """Whether a line is made to its customer's specification."""

    made: Ticked = True


class NewcomerForm(SentForm):
    """Why somebody does not become a customer."""

    why: str = ""


class MoveForm(SentForm):
    """One step of the workflow."""

    to: Annotated[Stage, Says(__("There is no such stage."))]
    note: Annotated[Line, cut(500)] = ""


class HoldForm(SentForm):
    """Why an order rests."""

    reason: str = ""
    waits_for_customer: Ticked = False


class RushForm(SentForm):
    """Before all others, or in its turn."""

    rush: Ticked = False


class VersionForm(SentForm):
    """Two buttons that hold the number of a version."""

    approve: MaybeNumber = None
    decline: MaybeNumber = None
    note: str = ""
