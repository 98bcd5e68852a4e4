"""What the forms of production send."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.sent_form import Number, Says, SentForm, Ticked

Copies = Annotated[Number, Field(le=999_999)]
"""So many copies, or the number of a job."""


class QueueForm(SentForm):
    """The key of the machine on which a job waits."""

    machine: str = ""


class TurnForm(SentForm):
    """One place ``up``, or down."""

    direction: str = ""


class TakeOverForm(SentForm):
    """The job whose machine code is used again."""

    before: Annotated[Number, Says(__("Say of which job."))] = Field(alias="from")


class OperationForm(SentForm):
    """Whether hand work is done."""

    done: Ticked = False


class SplitForm(SentForm):
    """How many copies become a job of their own."""

    copies: Annotated[Copies, Says(__("Say how many copies."))]


class MergeForm(SentForm):
    """With which job it becomes one."""

    other: Annotated[Copies, Says(__("Pick a job."))]


class OutcomeForm(SentForm):
    """How many copies are good, and how many are bad."""

    done: Annotated[Copies, Says(__("Say how many are good."))]
    failed: Annotated[Copies, Says(__("Say how many are bad."))]
