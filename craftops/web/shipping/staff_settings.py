"""The owner's page of the shipping desk: sender, boxes, habits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.addresses import LENGTHS
from craftops.domain.shipping.packing import Box
from craftops.domain.shipping.settings import ShippingSettings
from craftops.errors import IntakeError
from craftops.services.shipping import settings as kept
from craftops.services.shipping.carriers import ready_carriers
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.sent_form import typed
from craftops.web.frame.views import Choice, FormField
from craftops.web.people.address_fields import address_fields, address_values, sent_address
from craftops.web.shipping.forms import NO_NUMBER, ShippingForm
from craftops.web.shipping.views import BoxForm, ShippingSettingsPage

SIDES = ("length_mm", "width_mm", "height_mm", "most_g", "own_g")
BLANKS = 2


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/shipping/settings", view_func=shipping_settings, methods=["GET", "POST"])


def shipping_settings() -> AnyResponse | tuple[str, int]:
    """The form, and what was typed."""
    actor().must_be_owner()
    known, errors = kept.shipping_settings(current_shop()), {}
    if request.method == "POST":
        try:
            kept.save_shipping(current_shop(), _read(known), actor=actor(), at=sight().now)
        except IntakeError as error:
            errors = error.fields
        else:
            flash(_("Kept."), "good")
            return redirect(url_for("staff.shipping_settings"), 303)
    return render_template("staff/shipping_settings.html", page=_page(known, errors)), 422 if errors else 200


def _read(known: ShippingSettings) -> ShippingSettings:
    form = ShippingForm.sent()
    sender = sent_address("sender_")
    empty = not any(getattr(sender, name).strip() for name in LENGTHS if name != "country")
    return replace(
        known,
        sender=None if empty else sender,
        boxes=tuple(Box(name, *map(_side, sides)) for name, *sides in _boxes(form)),
        hs_code=form.hs_code.replace(" ", ""),
        origin=form.origin.upper(),
        tell_email=form.tell_email,
        closes_after_days=form.closes_after_days,
        problem_days=form.problem_days,
        pickup_unpaid=known.pickup_unpaid if form.pickup_unpaid is None else form.pickup_unpaid,
    )


def _boxes(form: ShippingForm) -> list[tuple[str, ...]]:
    """Name and sides of each box as they were typed; rows that stand empty are none."""
    columns = zip(
        form.box_name, form.box_length_mm, form.box_width_mm, form.box_height_mm, form.box_most_g, form.box_own_g,
        strict=False,
    )  # fmt: skip
    return [row for row in columns if any(row)]


def _side(text: str) -> int:
    return int(text) if is_number(text) else NO_NUMBER


def _page(known: ShippingSettings, errors: Mapping[str, str]) -> ShippingSettingsPage:
    sent = request.method == "POST"
    form = typed()
    sender = address_values(sent_address("sender_")) if sent else address_values(known.sender) if known.sender else {}
    faults = {name.removeprefix("sender_"): why for name, why in errors.items() if name.startswith("sender_")}
    return ShippingSettingsPage(
        sender=address_fields(sender, faults, "sender_"),
        boxes=_box_forms(known, errors, ShippingForm.sent() if sent else None),
        fields=(
            _field("hs_code", _("Customs tariff number"), form.get("hs_code", known.hs_code),
                   _("Proposed for what you make; 392690 is other articles of plastics."), errors),
            _field("origin", _("Country of origin"), form.get("origin", known.origin),
                   _("Two letters; empty is where you send from."), errors),
            _field("closes_after_days", _("Days from delivery to completion"),
                   form.get("closes_after_days", str(known.closes_after_days)),
                   _("An order is complete so long after its last parcel arrived."), errors),
            _field("problem_days", _("Days to report a problem"), form.get("problem_days", str(known.problem_days)),
                   _("So long after completion the page offers it."), errors),
            _unpaid_field(form.get("pickup_unpaid", known.pickup_unpaid), errors),
        ),
        tell_email="tell_email" in form if sent else known.tell_email,
        carriers=tuple((one.title, _("test mode") if one.test_mode else "") for one in ready_carriers(current_shop())),
        errors=dict(errors),
    )  # fmt: skip


def _unpaid_field(chosen: str, errors: Mapping[str, str]) -> FormField:
    choices = (
        Choice("warn", _("Say so, and hand it over all the same"), chosen == "warn"),
        Choice("hold", _("Keep it until it is paid"), chosen == "hold"),
    )
    label = _("Picked up while something is to be paid")
    return FormField("pickup_unpaid", label, "select", chosen, "", errors.get("pickup_unpaid", ""), True, choices)


def _field(name: str, label: str, value: str, hint: str, errors: Mapping[str, str]) -> FormField:
    return FormField(name, label, "text", value, hint, errors.get(name, ""), False)


def _box_forms(known: ShippingSettings, errors: Mapping[str, str], form: ShippingForm | None) -> tuple[BoxForm, ...]:
    if form is not None:
        rows = [dict(zip(("name", *SIDES), row, strict=True)) for row in _boxes(form)]
    else:
        rows = [{"name": box.name, **{side: str(getattr(box, side)) for side in SIDES}} for box in known.boxes]
    blank = {"name": "", **dict.fromkeys(SIDES, "")}
    return tuple(
        BoxForm(index, values, {name: errors.get(f"box_{index}_{name}", "") for name in values})
        for index, values in enumerate([*rows, *([blank] * BLANKS)])
    )
