"""One order on the shipping desk: pack, ask, buy, type a number, declare, void."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.billing.money import Money
from craftops.domain.shipping.carriage import CustomsLine, ParcelSize
from craftops.domain.shipping.customs import check_lines
from craftops.domain.shipping.tracking_links import known_as
from craftops.domain.shipping.tracking_numbers import doubts
from craftops.errors import AccessError, IntakeError
from craftops.services.orders import delivering
from craftops.services.shipping import closing, labels, packing, printing, rating, remaking, tracking
from craftops.services.shipping.packing import ParcelDraft
from craftops.store.queries import order_lines, scoped, shipping
from craftops.store.together import together
from craftops.store.views.orders import OrderView
from craftops.store.views.shipping import StoredLabel
from craftops.web.billing.amounts import read_money
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.panels import order_questions
from craftops.web.frame.papers import pdf_answer
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.people.address_fields import address_values, sent_address
from craftops.web.shipping.forms import (
    CustomsForm,
    NumberForm,
    OfferForm,
    ParcelForm,
    RemakeForm,
    SettleForm,
)
from craftops.web.shipping.present_order import TypedForm, order_shipping_page
from craftops.web.shipping.views import CustomsRow


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/orders/<code>/shipping", view_func=order_shipping)
    blueprint.add_url_rule("/orders/<code>/shipping/address", view_func=ship_to, methods=["POST"])
    blueprint.add_url_rule("/orders/<code>/shipping/pack", view_func=pack_order, methods=["POST"])
    for rule, view in (
        ("change", change_parcel), ("unpack", unpack), ("rates", ask_rates), ("buy", buy_label),
        ("number", type_number), ("customs", declare), ("delivered", say_delivered),
    ):  # fmt: skip
        blueprint.add_url_rule(f"/parcels/<int:parcel_id>/{rule}", view_func=view, methods=["POST"])
    blueprint.add_url_rule("/parcels/<int:parcel_id>/slip.pdf", view_func=print_slip)
    blueprint.add_url_rule("/parcels/<int:parcel_id>/customs.pdf", view_func=print_customs)
    blueprint.add_url_rule("/shipping/labels/<int:label_id>/void", view_func=void_label, methods=["POST"])
    blueprint.add_url_rule("/shipping/labels/<int:label_id>/number", view_func=add_number, methods=["POST"])
    blueprint.add_url_rule("/problems/<int:problem_id>/remake", view_func=remake_problem, methods=["POST"])
    blueprint.add_url_rule("/problems/<int:problem_id>/settle", view_func=settle_problem, methods=["POST"])


def _page(order: OrderView, typed: TypedForm | None = None) -> str:
    return render_template("staff/order_shipping.html", page=order_shipping_page(order, sight(), typed))


def _back(code: str, parcel: int = 0) -> AnyResponse:
    anchor = f"parcel-{parcel}" if parcel else None
    return redirect(url_for("staff.order_shipping", code=code, _anchor=anchor), 303)


def _order_of(parcel_id: int) -> tuple[int, str]:
    """The id and the code of a parcel's order. Raises AccessError."""
    found = shipping.order_of_parcel(parcel_id)
    if found is None:
        raise AccessError
    return found


def _label(label_id: int) -> StoredLabel:
    found = shipping.label(label_id)
    if found is None:
        raise AccessError
    return found


def order_shipping(code: str) -> str:
    """The page."""
    order = scoped.order_view(actor(), code)
    with order_questions("parcels", order, sight(), actor()):
        return _page(order)


def ship_to(code: str) -> AnyResponse | tuple[str, int]:
    """Another address."""
    order = scoped.order_view(actor(), code)
    try:
        delivering.change_address(order.code, sent_address(), actor=actor(), at=sight().now)
    except IntakeError as error:
        flash(error.sentence, "bad")
        return _page(order, TypedForm(error.fields, address=address_values(sent_address()))), 422
    return _back(order.code)


def _draft(form: ParcelForm, order_id: int) -> ParcelDraft:
    copies = {line.id: n for line in order_lines.lines_of(order_id) if (n := form.copies.get(line.id))}
    sides = form.box.split(",")
    given = [form.length_mm, form.width_mm, form.height_mm]
    if not any(given) and len(sides) == 3 and all(is_number(one) for one in sides):
        given = [int(one) for one in sides]
    return ParcelDraft(copies, ParcelSize(form.weight_g, *given))


def pack_order(code: str) -> AnyResponse:
    """All that is left as it is proposed, or one parcel as it is typed."""
    order, form = scoped.order_view(actor(), code), ParcelForm.sent()
    if form.how == "proposed":
        made = packing.pack_all(current_shop(), order.code, actor=actor(), at=sight().now)
        flash(_("%(n)s parcels are packed.", n=len(made)), "good")
        return _back(order.code)
    row = packing.pack(order.code, _draft(form, order.id), actor=actor(), at=sight().now)
    return _back(order.code, row.id)


def change_parcel(parcel_id: int) -> AnyResponse:
    """Other contents, another weight."""
    order_id, code = _order_of(parcel_id)
    packing.repack(parcel_id, _draft(ParcelForm.sent(), order_id), actor=actor(), at=sight().now)
    return _back(code, parcel_id)


def unpack(parcel_id: int) -> AnyResponse:
    """Take it apart."""
    _id, code = _order_of(parcel_id)
    packing.unpack(parcel_id, actor=actor(), at=sight().now)
    return _back(code)


def ask_rates(parcel_id: int) -> AnyResponse:
    """Have the carriers asked."""
    _id, code = _order_of(parcel_id)
    rating.ask(current_shop(), [parcel_id], actor=actor(), at=sight().now)
    return _back(code, parcel_id)


def buy_label(parcel_id: int) -> AnyResponse:
    """Buy one that a carrier has offered."""
    _id, code = _order_of(parcel_id)
    carrier, _colon, service = OfferForm.sent().offer.partition(":")
    labels.order_label(current_shop(), parcel_id, carrier, service, actor=actor(), at=sight().now)
    return _back(code, parcel_id)


def type_number(parcel_id: int) -> AnyResponse:
    """A number from elsewhere."""
    _id, code = _order_of(parcel_id)
    form = NumberForm.sent()
    carrier, _colon, network = form.network.partition(":")
    labels.type_number(current_shop(), parcel_id, carrier, network, form.number, actor=actor(), at=sight().now)
    _look_at(form.number, network)
    return _back(code, parcel_id)


def _look_at(number: str, network: str) -> None:
    """Say what is odd about a number that was kept. It may be right all the same."""
    found = doubts(number, known_as(network)) if number.strip() else None
    if found is not None:
        flash(_("%(number)s is kept. %(doubt)s", number=number.strip()[:60], doubt=found.sentence), "warn")


def declare(parcel_id: int) -> AnyResponse | tuple[str, int]:
    """What customs are told."""
    _id, code = _order_of(parcel_id)
    typed = _typed_customs()
    lines, faults = _customs_lines(typed)
    try:
        if faults:
            check_lines(lines, packing.size_of_id(parcel_id))
            raise IntakeError(_("The customs declaration is not complete."))
        packing.declare(current_shop(), parcel_id, lines, actor=actor(), at=sight().now)
    except IntakeError as error:
        faults = {**error.fields, **faults}
        flash(error.sentence, "bad")
        shown = [_with_errors(one, index, faults) for index, one in enumerate(typed)]
        return _page(scoped.order_view(actor(), code), TypedForm(faults, parcel=parcel_id, customs=shown)), 422
    return _back(code, parcel_id)


def _customs_lines(typed: list[CustomsRow]) -> tuple[list[CustomsLine], dict[str, str]]:
    """What was typed as values, and which amounts cannot be read."""
    lines, faults = [], {}
    for index, one in enumerate(typed):
        value = 0
        try:
            value = read_money(one.value, sight().profile.currency) if one.value else 0
        except IntakeError as error:
            faults[f"customs_{index}_value"] = error.sentence
        quantity, weight = (int(text) if is_number(text) else 0 for text in (one.quantity, one.weight_g))
        money = Money(value, sight().profile.currency)
        lines.append(CustomsLine(one.description, quantity, money, weight, one.hs_code, one.origin))
    return lines, faults


def _typed_customs() -> list[CustomsRow]:
    form = CustomsForm.sent()
    rows = zip(
        form.customs_description, form.customs_quantity, form.customs_value, form.customs_weight_g,
        form.customs_hs_code, form.customs_origin, strict=False,
    )  # fmt: skip
    return [CustomsRow(a, b, c, d, e, f, {}) for a, b, c, d, e, f in rows if a or c]


def _with_errors(row: CustomsRow, index: int, faults: dict[str, str]) -> CustomsRow:
    start = f"customs_{index}_"
    mine = {name.removeprefix(start): why for name, why in faults.items() if name.startswith(start)}
    return CustomsRow(row.description, row.quantity, row.value, row.weight_g, row.hs_code, row.origin, mine)


def say_delivered(parcel_id: int) -> AnyResponse:
    """It has arrived, as staff know."""
    _id, code = _order_of(parcel_id)
    tracking.say_delivered(parcel_id, actor=actor(), at=sight().now)
    return _back(code, parcel_id)


def void_label(label_id: int) -> AnyResponse:
    """Money back, please."""
    label = _label(label_id)
    _id, code = _order_of(label.parcel_id)
    labels.void(current_shop(), label.id, actor=actor(), at=sight().now)
    return _back(code, label.parcel_id)


def add_number(label_id: int) -> AnyResponse:
    """The number from the counter."""
    label = _label(label_id)
    _id, code = _order_of(label.parcel_id)
    number = NumberForm.sent().number
    labels.add_number(current_shop(), label.id, number, actor=actor(), at=sight().now)
    _look_at(number, label.network)
    return _back(code, label.parcel_id)


def print_slip(parcel_id: int) -> AnyResponse:
    """The slip that goes into the box."""
    id_, code = _order_of(parcel_id)
    link = url_for("portal.order", code=code, _external=True)
    with together("slip", now=sight().now, parcel=parcel_id, order=id_):
        content, name = printing.slip_of(current_shop(), parcel_id, link, at=sight().now)
    return pdf_answer(content, f"slip-{name}")


def print_customs(parcel_id: int) -> AnyResponse:
    """The customs form."""
    id_, _code = _order_of(parcel_id)
    with together("customs", now=sight().now, parcel=parcel_id, order=id_):
        content, name = printing.customs_form_of(current_shop(), parcel_id, at=sight().now)
    return pdf_answer(content, f"customs-{name}")


def remake_problem(problem_id: int) -> AnyResponse:
    """Make it again at no charge."""
    form = RemakeForm.sent()
    order = remaking.remake(current_shop(), problem_id, form.copies, actor=actor(), at=sight().now, answer=form.answer)
    flash(_("%(code)s makes it again, at no charge. The customer reads it.", code=order.code), "good")
    return redirect(url_for("staff.order", code=order.code), 303)


def settle_problem(problem_id: int) -> AnyResponse:
    """Seen to."""
    closing.settle(problem_id, SettleForm.sent().answer, actor=actor(), at=sight().now)
    flash(_("Noted."), "good")
    return redirect(url_for("staff.home"), 303)
