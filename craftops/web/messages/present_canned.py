"""Canned responses on pages: what can be chosen for an order, filled with what is true now."""

from __future__ import annotations

from flask import url_for
from flask_babel import force_locale

from craftops.domain.billing.money import Money
from craftops.domain.messages.canned import VARIABLES, CannedResponse, CannedText, fill
from craftops.domain.orders.workflow import Stage
from craftops.services.messages import canned
from craftops.services.orders import sharing
from craftops.store.queries import billing
from craftops.store.views.orders import OrderView
from craftops.web.billing.present import money
from craftops.web.estimation.present import window_text
from craftops.web.frame import labels
from craftops.web.frame.language.choice import of_account
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice, FormField, FormPage
from craftops.web.messages.views import CannedLine, CannedPage
from craftops.web.orders import labels as order_labels


def values_of(order: OrderView, sight: RequestContext) -> dict[str, str]:
    """What each variable stands for on this order, at this moment; missing or empty where nothing can be said."""
    _label, window = window_text(order, sight)
    profile = sight.profile
    hours = (
        "" if profile.calendar.always_open else ", ".join(" ".join(row) for row in labels.hours_rows(profile.calendar))
    )
    left, currency = billing.left_of_order(order.id)
    return {
        "name": order.customer.name.split(" ")[0],
        "order_code": order.code,
        "order_title": order.title,
        "stage": str(order_labels.STAGE_TITLES[Stage(order.stage)]),
        "eta_window": window,
        "tracker_link": _link(order, sight),
        "pickup_hours": hours,
        "pickup_address": "\n".join(profile.address),
        "shop_name": profile.name,
        "shop_phone": profile.phone,
        "balance_due": money(Money(left, currency)) if currency else "",
    }


def _link(order: OrderView, sight: RequestContext) -> str:
    """Where the customer sees the order; who has no password gets there without signing in, as by mails."""
    path = url_for("portal.order", code=order.code)
    if not order.customer.has_password:
        token = sharing.token_for_mail(sight.shop, order, order.customer, at=sight.now)
        path = url_for("guest.tracker", token=token)
    return sight.shop.config.base_url + path


def filled(one: CannedResponse, order: OrderView, sight: RequestContext) -> CannedText:
    """A response with what is true of an order now, said in the language that it is written in, not in that of the
    person of the shop who sends it."""
    with force_locale(one.language or of_account(order.customer)):
        return fill(one.body, values_of(order, sight))


def choices(order: OrderView) -> tuple[Choice, ...]:
    """The responses to choose from, those in the customer's language first."""
    return tuple(
        Choice(canned.name_of(one), one.title, note=one.language)
        for one in canned.responses(order.customer.language or "en")
    )


def canned_page() -> CannedPage:
    """All responses of the shop."""
    return CannedPage(
        tuple(
            CannedLine(
                one.title, one.body, one.language or _("all languages"),
                url_for("staff.edit_canned", name=canned.name_of(one)),
                url_for("staff.remove_canned", name=canned.name_of(one)),
            )
            for one in canned.responses()
        ),
        url_for("staff.new_canned"),
    )  # fmt: skip


def canned_form(one: CannedResponse, errors: dict[str, str], *, action: str, new: bool) -> FormPage:
    """The form of one response."""
    names = {"": _("All languages"), "en": _("English"), "de": _("German")}
    return FormPage(
        title=_("New answer") if new else _("Change the answer"),
        lead=_("Words in braces are filled in for each order: %(names)s. Write {name|there} to say what stands there"
               " when a value is missing.", names=" ".join(f"{{{name}}}" for name in VARIABLES)),
        fields=(
            FormField("title", _("Title"), "text", one.title, _("Only staff see it."), errors.get("title", ""), True),
            FormField("body", _("Answer"), "textarea", one.body, "", errors.get("body", ""), True),
            FormField(
                "language", _("Language"), "select", one.language, "", "", False,
                tuple(Choice(key, names[key], key == one.language) for key in canned.LANGUAGES),
            ),
        ),
        submit=_("Keep it"),
        action=action,
        back_url=url_for("staff.canned"),
    )  # fmt: skip
