"""What the forms of orders send."""

from __future__ import annotations

from typing import Annotated

from craftops.domain.orders.workflow import Stage
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.sent_form import Line, MaybeNumber, Says, SentForm, Ticked, cut


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
