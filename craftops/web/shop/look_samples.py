"""Pages of nobody's orders, for looking at a theme: the views that themes are made for, with values made up here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from craftops.domain.orders.workflow import Stage, track
from craftops.domain.shop.look import ShopLook
from craftops.domain.shop.profile import ShopProfile
from craftops.web.files.scale import scale_of
from craftops.web.files.views import Fact, FileCard
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.views import Chip, Choice, FormField, Viewer
from craftops.web.orders.labels import STAGE_ICONS, STAGE_SENTENCES, STAGE_TITLES
from craftops.web.orders.views import (
    DashboardPage,
    LineCard,
    OrderCard,
    OrderPage,
    TimelineEntry,
    Tracker,
    TrackerStep,
    WindowMoved,
)

CUSTOMER = Viewer("Anna Weber", "customer", "anna@example.org")
HERE = "#content"
"""Where links of a page lead on which nothing is to be done."""


def said(stage: Stage, look: ShopLook) -> str:
    """The sentence of a stage in this look."""
    return look.word(stage.value) or str(STAGE_SENTENCES[stage])


def _window(profile: ShopProfile, now: datetime) -> str:
    day = (now + timedelta(days=1)).astimezone(profile.zone).replace(hour=14, minute=0)
    return labels.window(day, day + timedelta(hours=3, minutes=30), profile.zone, now)


def sample_tracker(profile: ShopProfile, look: ShopLook, now: datetime) -> Tracker:
    """An order that is being made, once moved."""
    stages = track(True)
    here = stages.index(Stage.IN_PRODUCTION)
    steps = []
    for index, one in enumerate(stages):
        state = "done" if index < here else "current" if index == here else "ahead"
        at = now - timedelta(hours=9 * (here - index) + 2) if index <= here else None
        steps.append(
            TrackerStep(
                str(STAGE_TITLES[one]),
                state,
                {"done": _("done"), "current": _("now"), "ahead": _("still to come")}[state],
                at,
                "" if at else _("~ 40 min") if index == here + 1 else "",
                STAGE_ICONS[one],
            )
        )
    return Tracker(
        code="K7RCX3",
        sentence=_("Printing, part 7 of 10"),
        window_label=_("Ready"),
        window=_window(profile, now),
        basis=_("from the machine"),
        as_of=now,
        stale="",
        chip=Chip(_("On track"), "good", "check"),
        percent=68,
        moving="",
        left=None,
        steps=tuple(steps),
        moves=(
            WindowMoved(_("Was 3 hours earlier."), _("The printer paused for 70 minutes."), now - timedelta(hours=4)),
        ),
        hold="",
        ended=False,
        cancelled=False,
    )


def sample_order(profile: ShopProfile, look: ShopLook, now: datetime) -> OrderPage:
    """Its page."""
    file = FileCard(
        0,
        "bracket-v3.stl",
        "1.2 MB",
        "",
        "accepted",
        _("Looks good: a closed shape that can be made."),
        (Fact(_("Size"), "46 × 32 × 18 mm"), Fact(_("Volume"), "8.4 cm³")),
        (),
        HERE,
    )
    line = LineCard(0, "Bracket", 10, "PETG, black, sanded", _("The holes must fit M4."), file)
    events = (
        (0.4, _("The machine has begun"), _("Machine"), "printer"),
        (20, _("Accepted"), profile.name, "check"),
        (29, _("The order came in"), "Anna Weber", "package"),
    )
    return OrderPage(
        code="K7RCX3",
        title="Bracket",
        remake_of="",
        tracker=sample_tracker(profile, look, now),
        lines=(line,),
        delivery=_("Pickup"),
        pickup=None,
        placed_at=now - timedelta(hours=29),
        can_cancel=False,
        cancel_url="",
        why_not_cancel=_("Production has started. Please call us to cancel."),
        timeline=tuple(
            TimelineEntry(now - timedelta(hours=hours), who, what, "", icon) for hours, what, who, icon in events
        ),
    )


def sample_home(profile: ShopProfile, look: ShopLook, now: datetime) -> DashboardPage:
    """A customer's home: three orders that move, one that has ended."""
    window = _window(profile, now)

    def card(title: str, stage: Stage, done: int, chip: Chip | None, percent: int | None = None) -> OrderCard:
        ended = stage is Stage.COMPLETED
        return OrderCard(
            "K7RCX3", title, HERE, "", said(stage, look), _("Ready"), window, chip, percent, "", done, 8, now, ended
        )

    return DashboardPage(
        active=(
            card("Bracket", Stage.IN_PRODUCTION, 3, Chip(_("On track"), "good", "check"), 68),
            card("Name plates, front desk", Stage.RECEIVED, 0, None),
            card("Gears for the mill", Stage.READY_FOR_PICKUP, 6, Chip(_("Ready"), "good", "check")),
        ),
        past=(card("Vase for my sister", Stage.COMPLETED, 8, None),),
        older_url="",
        query="",
    )


def sample_parts(profile: ShopProfile, look: ShopLook, now: datetime) -> dict[str, Any]:
    """What the gallery of all parts shows."""
    tones = (
        ("good", _("On track"), "check"),
        ("warn", _("May be late"), "alert-triangle"),
        ("bad", _("Late"), "alert-circle"),
        ("calm", _("In review"), "eye"),
        ("quiet", _("Waiting"), "clock"),
    )
    fields = (
        FormField("sample-name", _("Name"), "text", "Anna Weber", _("As it stands on the parcel"), "", True),
        FormField(
            "sample-mail",
            _("E-mail"),
            "email",
            "anna@",
            "",
            _("This address is not whole: something is missing after the @."),
            True,
        ),
        FormField(
            "sample-material",
            _("Material"),
            "select",
            "petg",
            "",
            "",
            True,
            (Choice("petg", "PETG", True), Choice("pla", "PLA")),
        ),
        FormField("sample-note", _("Special instructions"), "textarea", "", _("What we must know"), "", False),
        FormField(
            "sample-way",
            _("How it comes to you"),
            "radio",
            "pickup",
            "",
            "",
            True,
            (
                Choice("pickup", _("Pickup"), True, _("Mo–Fr 9–18")),
                Choice("parcel", _("Parcel"), False, _("2 to 3 days")),
            ),
        ),
    )
    return {
        "chips": tuple(Chip(word, tone, icon) for tone, word, icon in tones),
        "fields": fields,
        "tracker": sample_tracker(profile, look, now),
        "card": sample_home(profile, look, now).active[0],
        "scale": scale_of((46.0, 32.0, 18.0)),
    }
