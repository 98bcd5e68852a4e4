"""What the forms of the shop's own pages send: its set-up, profile, look, hours, catalogue, rules, backups, imports."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from craftops.domain.people.newcomers import NewCustomers
from craftops.domain.production.jobs import OperationKind
from craftops.domain.shop.imports import ImportKind
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.sent_form import (
    Line,
    MaybeNumber,
    Number,
    NumberedTexts,
    Says,
    SentForm,
    Texts,
    Ticked,
    at_most,
    cut,
)

MOST_MONTHS, MOST_DAYS = 600, 3650
MOST_PAIRS = 6
"""Of hours in a day."""


def _with_point(text: Any) -> str:
    return str(text).replace(",", ".").strip() or "0"


Words = Annotated[str, AfterValidator(lambda text: " ".join(text.split())[:500])]
"""One line without needless blanks."""
Measure = Annotated[float, Field(ge=0, lt=1e6), BeforeValidator(_with_point), Says(__("Write a number."))]
"""A number with a comma or a point in it; 0 where it stands empty."""
Months = Annotated[Number, Field(le=MOST_MONTHS), Says(__("Write months from 0 to %(n)s.", n=MOST_MONTHS))]
Days = Annotated[Number, Field(ge=1, le=MOST_DAYS), Says(__("Write days from 1 to %(n)s.", n=MOST_DAYS))]


class SetupCodeForm(SentForm):
    """The code that is printed where the shop was started."""

    code: Line = ""


class OwnerForm(SentForm):
    """Whose shop it is."""

    owner_email: str = ""
    owner_name: str = ""
    password: str = ""
    password_again: str = ""


class ProfileForm(SentForm):
    """The shop's profile. Only the wizard asks for hours."""

    name: Line = ""
    tagline: Line = ""
    email: Line = ""
    phone: Line = ""
    brand: Line = ""
    timezone: Line = ""
    currency: Line = ""
    address: str = ""
    closed_on: str = ""
    hours: dict[str, str] = Field(default={}, alias="hours_")


class LookForm(SentForm):
    """A look, to be shown or kept. ``ground_shown``: the form asks for a colour of the paper."""

    do: str = ""
    theme: Line = ""
    accent: Line = ""
    target: Line = ""
    type: Line = ""
    corners: Line = ""
    room: Line = ""
    logo_sha: Line = ""
    remove_logo: Ticked = False
    ground: Line = ""
    own_ground: Ticked = False
    ground_shown: Ticked = False
    words: dict[str, Line] = Field(default={}, alias="w_")


class HoursForm(SentForm):
    """A button of the hours, and where its page was."""

    do: str = ""
    start: MaybeNumber = None
    first: Line = ""
    version: MaybeNumber = None


class DaysForm(HoursForm):
    """Days that are not as usual."""

    last: Line = ""
    how: Line = ""
    name: Line = ""


class PairsForm(SentForm):
    """Hours of a day, in pairs."""

    begins: Annotated[Texts, at_most(MOST_PAIRS)] = Field(default=(), alias="from")
    ends: Annotated[Texts, at_most(MOST_PAIRS)] = Field(default=(), alias="to")


class HolidayPlaceForm(SentForm):
    """Whose public holidays are proposed."""

    place: str = ""


class HolidaysForm(SentForm):
    """Those that were proposed, and on which of them the shop is closed."""

    proposed: Texts = Field(default=(), alias="asked")
    closed: Texts = ()


class CalendarForm(SentForm):
    """Which months and which day are looked at."""

    start: MaybeNumber = None
    day: str = ""


class ItemForm(SentForm):
    """Something of the catalogue, and what is ticked of it."""

    kind: str = ""
    of: str = ""
    offered: Ticked = False
    finishes: Texts = ()


class MaterialForm(ItemForm):
    """A material."""

    name: Words = ""
    label: Words = ""
    process: Words = ""
    note: Words = ""
    colours: Words = ""
    base_operation: Words = ""
    density: Measure = 0.0
    base_minutes: Measure = 0.0
    sheet_mm: Measure = 0.0


class FinishForm(ItemForm):
    """A finish."""

    name: Words = ""
    label: Words = ""
    operation: Annotated[OperationKind, Says(__("Choose one."))]
    minutes: Measure = 0.0
    setup_minutes: Measure = 0.0


class CatalogueFileForm(SentForm):
    """A catalogue as text. ``seen`` is the version that was looked at before."""

    do: str = ""
    seen: str = ""
    text: str = ""


class TableForm(SentForm):
    """A table of another program."""

    kind: Annotated[ImportKind, Says(__("Choose what the table is of."))]
    text: str = ""


class PluginNameForm(SentForm):
    """Which plugin's settings."""

    name: str = ""


class SettingsVersionForm(SentForm):
    """The version of settings that counts again."""

    topic: Annotated[str, cut(80)] = ""
    version: Annotated[Number, Says(__("There is no such version of these settings."))]


class RulesForm(SentForm):
    """Small rules of the shop."""

    keep_months: Months
    tracker_days: Days
    new_customers: Annotated[NewCustomers, Says(__("Choose one."))]
    photo_at_check: Ticked = False


class PhraseForm(SentForm):
    """The recovery phrase that was shown, and some words of it."""

    phrase: str = ""
    words: NumberedTexts = Field(default={}, alias="word_")


class GoLiveForm(SentForm):
    """The word that the old shop is switched off."""

    sure: Annotated[Literal["yes"], Says(__("Say first that the old shop is switched off."))]
