"""The counter: what waits, a code is scanned, the part is handed over."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import IllegalMove, IntakeError, RuleError, TooManyTries
from craftops.services.shipping import handing_out, pickup
from craftops.services.shipping.handing_out import HandOver
from craftops.store.queries import pickup_pages as rows
from craftops.store.views.shipping import PickupPass
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.shipping.forms import BinForm, GiveOutForm, ScanForm
from craftops.web.shipping.present_counter import hand_over_page, pickups_page


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    one = "/pickups/<int:pickup_id>"
    blueprint.add_url_rule("/pickups", view_func=pickups, methods=["GET", "POST"])
    blueprint.add_url_rule(one, "pickup", view_func=counter)
    blueprint.add_url_rule(one, "give_out", view_func=give_out, methods=["POST"])
    blueprint.add_url_rule(f"{one}/bin", view_func=pickup_bin, methods=["POST"])
    blueprint.add_url_rule(f"{one}/signature.jpg", view_func=pickup_signature)


def pickups() -> AnyResponse | tuple[str, int]:
    """The list; a code that was scanned or typed opens its order."""
    said = ScanForm.asked().code
    if not said:
        return render_template("staff/pickups.html", page=pickups_page(sight())), 200
    try:
        found = handing_out.find(current_shop(), said, actor=actor(), at=sight().now)
    except TooManyTries:
        raise
    except RuleError as error:
        sentence = " ".join(filter(None, (error.sentence, error.instead)))
        return render_template("staff/pickups.html", page=pickups_page(sight(), fault=sentence, said=said)), 422
    return redirect(url_for("staff.pickup", pickup_id=found.pickup_id, shown=found.code or None), 303)


def _shown(pickup_id: int, code: str) -> PickupPass | None:
    found = rows.by_code(code[:12]) if code else None
    return found if found is not None and found.pickup_id == pickup_id and found.revoked_at is None else None


def _page(pickup_id: int, values: dict[str, str], errors: dict[str, str]) -> str:
    row = pickup.shown(pickup_id)
    shown = _shown(row.id, values.get("shown", ""))
    return render_template("staff/pickup.html", page=hand_over_page(row, sight(), shown, values, errors))


def counter(pickup_id: int) -> str:
    """One order at the counter."""
    shown = _shown(pickup_id, request.args.get("shown", ""))
    values = {"shown": shown.code, "given_to": shown.name} if shown is not None else {}
    return _page(pickup_id, values, {})


def give_out(pickup_id: int) -> AnyResponse | tuple[str, int]:
    """It is in their hands. Twice is once."""
    form = GiveOutForm.sent()
    values, said = form.model_dump(), HandOver(form.given_to, form.signature, form.shown)
    try:
        fresh = handing_out.hand_over(current_shop(), pickup_id, said, actor=actor(), at=sight().now)
    except IntakeError as error:
        return _page(pickup_id, values, error.fields), 422
    except (RuleError, IllegalMove) as error:
        return _page(pickup_id, values, {"form": error.sentence}), 409
    row = pickup.shown(pickup_id)
    if fresh:
        flash(_("%(title)s is handed over to %(name)s.", title=row.title, name=row.given_to), "good")
        return redirect(url_for("staff.pickups"), 303)
    to_whom = _("It was handed over already, to %(name)s.", name=row.given_to)
    flash(to_whom if row.given_to else _("It was handed over already."), "bad")
    return redirect(url_for("staff.pickup", pickup_id=pickup_id), 303)


def pickup_bin(pickup_id: int) -> AnyResponse | tuple[str, int]:
    """Where it lies."""
    place = BinForm.sent().bin
    try:
        pickup.put_in(pickup_id, place, actor=actor(), at=sight().now)
    except IntakeError as error:
        return _page(pickup_id, {"bin": place}, error.fields), 422
    flash(_("Kept."), "good")
    return redirect(url_for("staff.pickup", pickup_id=pickup_id), 303)


def pickup_signature(pickup_id: int) -> AnyResponse:
    """The signature, for staff alone."""
    path = handing_out.signature_path(current_shop(), pickup_id, actor=actor())
    return send_file(path, mimetype="image/jpeg", max_age=0)
