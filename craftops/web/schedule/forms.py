"""What the forms of the schedule send."""

from __future__ import annotations

from typing import Annotated

from craftops.web.frame.sent_form import Line, SentForm, Texts, Ticked, at_most

MOST_JOBS = 200


class JobPlaceForm(SentForm):
    """Where a job goes: ``machine/before``. ``mark`` tells the plan that was looked at."""

    to: str = ""
    mark: str = ""
    then: str = ""
    """The page to go back to."""


class JobPlacesForm(SentForm):
    """The places that were ticked, each as ``job/machine``."""

    place: Annotated[Texts, at_most(MOST_JOBS)] = ()
    mark: str = ""


class CapabilityForm(SentForm):
    """What a machine can do. ``loaded`` holds each as ``material/colour``."""

    material: Texts = ()
    loaded: Texts = ()
    unattended: Ticked = False
    hours: str = ""
    changeover_minutes: str = ""

    @property
    def spools(self) -> list[tuple[str, str]]:
        """Material and colour of what is loaded."""
        parts = (text.partition("/") for text in self.loaded)
        return [(name, colour) for name, slash, colour in parts if slash]


class BlockForm(SentForm):
    """Maintenance; its times are of the shop's zone."""

    start: Line = ""
    end: Line = ""
    reason: str = ""


class FeedForm(SentForm):
    """``make`` an address of a calendar, or end it."""

    do: str = ""
