"""The address book, and another e-mail address."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import Role
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.people import addresses, new_address
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import account, sight
from craftops.web.people.address_fields import address_fields, address_lines, address_values, sent_address
from craftops.web.people.forms import UsualForm
from craftops.web.people.views import AddressBookPage, AddressLine

changes = Blueprint("new_address", __name__, url_prefix="/new-address")


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/account/addresses", view_func=address_book)
    blueprint.add_url_rule("/account/addresses", view_func=add_address, methods=["POST"])
    blueprint.add_url_rule("/account/addresses/<int:address_id>", view_func=edit_address, methods=["GET", "POST"])
    blueprint.add_url_rule("/account/addresses/<int:address_id>/remove", view_func=remove_address, methods=["POST"])


def _must_be_customer() -> None:
    if account().role != Role.CUSTOMER.value:
        raise AccessError


def _page(values: dict[str, str], errors: dict[str, str], editing: int | None = None) -> str:
    lines = tuple(
        AddressLine(
            row.id, address_lines(row), row.is_default, url_for("portal.edit_address", address_id=row.id),
            url_for("portal.remove_address", address_id=row.id),
        )
        for row in addresses.of_account(account())
    )  # fmt: skip
    form = url_for("portal.edit_address", address_id=editing) if editing else url_for("portal.add_address")
    page = AddressBookPage(lines, address_fields(values, errors), form, editing is not None)
    return render_template("portal/addresses.html", page=page)


def address_book() -> str:
    """All of them, and a form for one more."""
    _must_be_customer()
    return _page({"name": account().name, "phone": account().phone}, {})


def add_address() -> AnyResponse | tuple[str, int]:
    """One more."""
    _must_be_customer()
    return _save(None)


def _save(address_id: int | None) -> AnyResponse | tuple[str, int]:
    sent, usual = sent_address(), UsualForm.sent().usual
    try:
        addresses.save(account(), sent, address_id=address_id, usual=usual, at=sight().now)
    except (IntakeError, RuleError) as error:
        flash(f"{error.sentence} {getattr(error, 'instead', '')}".strip(), "bad")
        return _page(address_values(sent), getattr(error, "fields", {}), address_id), 422
    flash(_("Kept."), "good")
    return redirect(url_for("portal.address_book"), 303)


def edit_address(address_id: int) -> AnyResponse | str | tuple[str, int]:
    """Another text of one."""
    _must_be_customer()
    row = addresses.find(account(), address_id)
    return _save(row.id) if request.method == "POST" else _page(address_values(row), {}, row.id)


def remove_address(address_id: int) -> AnyResponse:
    """One less."""
    _must_be_customer()
    addresses.remove(account(), address_id)
    flash(_("Removed."), "good")
    return redirect(url_for("portal.address_book"), 303)


@changes.after_request
def keep_to_itself(response: Response) -> Response:
    """The address of the link is a key."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@changes.get("/<token>")
def new_email(token: str) -> tuple[str, int]:
    """The page behind the link to the new address: looking changes nothing."""
    try:
        row = new_address.find(token, at=sight().now)
    except AccessError:
        return render_template("portal/new_email.html", email="", token=""), 410
    return render_template("portal/new_email.html", email=row.email, token=token), 200


@changes.post("/<token>")
def take_email(token: str) -> AnyResponse:
    """The click."""
    try:
        row = new_address.confirm(token, at=sight().now)
    except RuleError as error:
        flash(error.sentence, "bad")
        return redirect(url_for("new_address.new_email", token=token), 303)
    flash(_("Your e-mail address is %(email)s now.", email=row.email), "good")
    return redirect(url_for("portal.account"), 303)
