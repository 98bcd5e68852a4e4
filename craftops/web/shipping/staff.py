"""The shipping desk: lists, prices and labels of many parcels at once, hand-over by scan."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import AccessError, CraftOpsError, IntakeError, RuleError
from craftops.services.shipping import collecting, handing_over, labels, packing, printing, rating
from craftops.store.queries import shipping as shipping_rows
from craftops.store.together import together
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.papers import pdf_answer
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.sent_form import moment_of
from craftops.web.shipping.forms import FetchForm, HandOverForm, OrdersForm, ParcelsForm
from craftops.web.shipping.present_desk import desk_page, hand_over_page

ENDINGS = {"pdf": "application/pdf", "png": "image/png", "zpl": "application/zpl"}


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/shipping", view_func=shipping)
    blueprint.add_url_rule("/shipping/pack", view_func=pack_many, methods=["POST"])
    blueprint.add_url_rule("/shipping/rates", view_func=ask_many, methods=["POST"])
    blueprint.add_url_rule("/shipping/labels", view_func=buy_many, methods=["POST"])
    blueprint.add_url_rule("/shipping/hand-over", view_func=hand_over, methods=["GET", "POST"])
    blueprint.add_url_rule("/shipping/fetch", view_func=have_fetched, methods=["POST"])
    blueprint.add_url_rule("/shipping/labels/<int:label_id>.<kind>", view_func=print_label)
    blueprint.add_url_rule("/shipping/labels.pdf", view_func=print_labels)
    blueprint.add_url_rule("/shipping/hand-over.pdf", view_func=print_list)


def shipping() -> str:
    """The desk."""
    batch = request.args.get("batch", "")[:40]
    with together("shipping", now=sight().now):
        return render_template("staff/shipping.html", page=desk_page(sight(), batch))


def _told(done: str, faults: list[str]) -> None:
    if done:
        flash(done, "good")
    for sentence in dict.fromkeys(faults):
        flash(sentence, "bad")


def pack_many() -> AnyResponse:
    """Pack orders as it is proposed, and have the carriers asked."""
    made, faults = 0, []
    for code in shipping_rows.codes_of(OrdersForm.sent().order):
        try:
            parcels = packing.pack_all(current_shop(), code, actor=actor(), at=sight().now)
            made += len(parcels)
            rating.ask(current_shop(), [row.id for row in parcels], actor=actor(), at=sight().now)
        except CraftOpsError as error:
            faults.append(f"{code}: {error.sentence}")
    _told(_("%(n)s parcels are packed.", n=made) if made else "", faults)
    return redirect(url_for("staff.shipping"), 303)


def ask_many() -> AnyResponse:
    """Have the carriers asked for prices."""
    faults, asked = [], 0
    for parcel_id in ParcelsForm.sent().parcel:
        try:
            rating.ask(current_shop(), [parcel_id], actor=actor(), at=sight().now)
            asked += 1
        except CraftOpsError as error:
            faults.append(error.sentence)
    _told(_("The carriers are being asked.") if asked else "", faults)
    return redirect(url_for("staff.shipping"), 303)


def buy_many() -> AnyResponse:
    """Buy the cheapest label for each parcel that is ticked; the same click again buys nothing more."""
    form = ParcelsForm.sent()
    if not form.parcel or not form.token:
        raise IntakeError(_("Tick the parcels first."))
    faults = labels.order_cheapest(current_shop(), form.parcel, actor=actor(), at=sight().now, batch=form.token)
    _told("", list(faults.values()))
    return redirect(url_for("staff.shipping", batch=form.token, _anchor="progress"), 303)


def hand_over() -> AnyResponse | str:
    """What the driver takes: scanned one by one, or ticked."""
    if request.method != "POST":
        return render_template("staff/hand_over.html", page=hand_over_page(sight()))
    form = HandOverForm.sent()
    if form.code:
        said = handing_over.scan(current_shop(), form.code, actor=actor(), at=sight().now)
        flash(said.sentence, "good" if said.good else "bad")
        return redirect(url_for("staff.hand_over"), 303)
    if not form.parcel:
        raise IntakeError(_("Tick the parcels that the driver has."))
    gone = handing_over.hand_over(current_shop(), form.parcel, actor=actor(), at=sight().now)
    flash(_("%(n)s parcels are handed over.", n=len(gone)), "good")
    return redirect(url_for("staff.hand_over"), 303)


def have_fetched() -> AnyResponse | tuple[str, int]:
    """Ask a carrier to come."""
    form, zone = FetchForm.sent(), sight().profile.zone
    try:
        collecting.ask(
            current_shop(), form.carrier, earliest=moment_of(form.earliest, "earliest", zone),
            latest=moment_of(form.latest, "latest", zone),
            note=form.note, actor=actor(), at=sight().now,
        )  # fmt: skip
    except IntakeError as error:
        flash(error.sentence, "bad")
        page = hand_over_page(sight(), form, error.fields)
        return render_template("staff/hand_over.html", page=page), 422
    flash(_("The carrier is being asked."), "good")
    return redirect(url_for("staff.hand_over"), 303)


def print_labels() -> AnyResponse:
    """The labels of all parcels that lie here, or of those that were bought by one click, in one PDF."""
    batch = request.args.get("batch", "")[:40]
    rows = shipping_rows.labels_here(batch)
    found = [(row.id, dict(row.files or ()).get(ENDINGS["pdf"])) for row in rows]
    files = [sha256 for _id, sha256 in found if sha256]
    if not files:
        raise RuleError(_("There is no label to print."))
    labels.printed([label_id for label_id, sha256 in found if sha256], at=sight().now)
    return pdf_answer(printing.in_one(current_shop(), files), "labels")


def print_list() -> AnyResponse:
    """What lies ready for the driver, to be signed."""
    waiting = shipping_rows.to_hand_over()
    return pdf_answer(printing.hand_over_list(current_shop(), waiting, at=sight().now), "hand-over")


def print_label(label_id: int, kind: str) -> AnyResponse:
    """A label as it was bought, the same bytes each time."""
    label = shipping_rows.label(label_id)
    files = dict(label.files or ()) if label is not None else {}
    sha256 = files.get(ENDINGS.get(kind, ""))
    if label is None or not sha256:
        raise AccessError
    labels.printed([label.id], at=sight().now)
    return send_file(
        current_shop().files.path(sha256).resolve(), mimetype=ENDINGS[kind],
        download_name=f"label-{label.number or label.id}.{kind}", as_attachment=kind == "zpl", max_age=0,
    )  # fmt: skip
