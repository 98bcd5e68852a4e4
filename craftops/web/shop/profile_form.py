"""The shop's profile as a form: the wizard and the settings show the same fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from zoneinfo import available_timezones

from craftops.domain.shop.profile import WEEKDAYS, ShopProfile
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.views import Choice, FormField
from craftops.web.shop.forms import ProfileForm

TEXTS = {"name", "tagline", "email", "phone", "brand", "timezone", "currency"}


def read_profile(form: ProfileForm, before: ShopProfile) -> ShopProfile:
    """The profile that the form describes, unchecked; what it does not ask stays as it was."""
    values = form.model_dump(include=TEXTS, exclude_unset=True)
    asked = replace(before, **values, address=_parts(form.address.splitlines()))
    if "monday" not in form.hours:  # a page that asks for no hours
        return asked
    hours = {day: _parts(form.hours.get(day, "").split(",")) for day in WEEKDAYS}
    return replace(
        asked,
        closed_on=_parts(form.closed_on.replace(",", "\n").splitlines()),
        hours={day: spans for day, spans in hours.items() if spans},
    )


def _parts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text.strip() for text in texts if text.strip())


def profile_fields(profile: ShopProfile, errors: Mapping[str, str]) -> dict[str, FormField]:
    """Every field of the profile, by name."""

    def field(
        name: str, label: str, value: str, kind: str = "text", hint: str = "", required: bool = False
    ) -> FormField:
        return FormField(name, label, kind, value, hint, errors.get(name, ""), required)

    zones = tuple(Choice(zone, zone, zone == profile.timezone) for zone in sorted(available_timezones()))
    fields = [
        field("name", _("Name of the shop"), profile.name, required=True),
        field("tagline", _("One line about it"), profile.tagline, hint=_("Stands beside the name")),
        field("logo", _("Logo"), "", "file", _("PNG or JPEG, shown 32 pixels high")),
        field("brand", _("Colour"), profile.brand, "color", _("Buttons and the tracker take it; text stays readable")),
        field("email", _("E-mail"), profile.email, "email"),
        field("phone", _("Telephone"), profile.phone, "tel"),
        field("address", _("Address"), "\n".join(profile.address), "textarea", _("Where customers pick up")),
        FormField("timezone", _("Time zone"), "select", profile.timezone, "", errors.get("timezone", ""), True, zones),
        field("currency", _("Currency"), profile.currency, hint=_("Three letters, such as EUR"), required=True),
        *(
            field(
                f"hours_{day}",
                str(labels.WEEKDAYS[index]),
                ", ".join(profile.hours.get(day, ())),
                hint=_("09:00-12:00, 13:00-18:00 has a break at noon; empty is closed") if not index else "",
            )
            for index, day in enumerate(WEEKDAYS)
        ),
        field(
            "closed_on",
            _("Closed on"),
            "\n".join(profile.closed_on),
            "textarea",
            _("Holidays and public holidays, one date a line: 2026-12-24"),
        ),
    ]
    return {one.name: one for one in fields}


def hour_fields(fields: Mapping[str, FormField]) -> tuple[FormField, ...]:
    """The fields of the week."""
    return tuple(fields[f"hours_{day}"] for day in WEEKDAYS)
