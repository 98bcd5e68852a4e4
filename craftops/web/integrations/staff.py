"""The owner's pages of webhooks that go out: endpoints, their secrets, their log."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import Actor
from craftops.errors import IntakeError, RuleError
from craftops.services.integrations import endpoints
from craftops.services.integrations.endpoints import EndpointDraft
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.integrations.forms import HookButtonForm, HookForm
from craftops.web.integrations.present import delivery_page, endpoint_page, form_of, webhooks_page

Page = AnyResponse | tuple[str, int]
FRESH = "fresh_webhook"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    place = "/settings/webhooks"
    blueprint.add_url_rule(place, view_func=webhooks, methods=["GET", "POST"])
    blueprint.add_url_rule(f"{place}/<int:endpoint_id>", view_func=webhook, methods=["GET", "POST"])
    blueprint.add_url_rule(f"{place}/<int:endpoint_id>/do", view_func=do_webhook, methods=["POST"])
    blueprint.add_url_rule(f"{place}/<int:endpoint_id>/<int:delivery_id>", view_func=webhook_delivery)


def webhooks() -> Page:
    """All endpoints, and the form of a new one."""
    actor().must_be_owner()
    draft = EndpointDraft(**dict(HookForm.sent()))
    form = form_of(draft)
    if request.method == "POST":
        try:
            row, secret = endpoints.add(current_shop(), draft, actor=actor(), at=sight().now)
        except IntakeError as error:
            form = form_of(draft, error)
        else:
            session[FRESH] = secret
            return redirect(url_for("staff.webhook", endpoint_id=row.id), 303)
    page = webhooks_page(form)
    return render_template("staff/webhooks.html", page=page), 422 if form.sentence else 200


def webhook(endpoint_id: int) -> Page:
    """One endpoint: what it is told, its secret once it is new, its log."""
    row = endpoints.endpoint_shown(endpoint_id, actor())
    form = form_of(row)
    if request.method == "POST":
        draft = EndpointDraft(**dict(HookForm.sent()))
        try:
            endpoints.change(endpoint_id, draft, actor=actor(), at=sight().now)
        except IntakeError as error:
            form = form_of(draft, error)
        else:
            flash(_("Kept. It counts from now on."), "good")
            return redirect(url_for("staff.webhook", endpoint_id=endpoint_id), 303)
    before = request.args.get("before", "")
    fresh = session.pop(FRESH, "") if request.method == "GET" else ""
    page = endpoint_page(row, form, fresh, int(before) if is_number(before) else None)
    return render_template("staff/webhook.html", page=page), 422 if form.sentence else 200


def do_webhook(endpoint_id: int) -> AnyResponse:
    """Switch it, give it another secret, test it, send again, remove it."""
    who, at = actor(), sight().now
    endpoints.endpoint_shown(endpoint_id, who)
    form = HookButtonForm.sent()
    what = form.do
    if what == "remove":
        endpoints.remove(endpoint_id, actor=who, at=at)
        flash(_("The endpoint is gone, and its log with it."), "good")
        return redirect(url_for("staff.webhooks"), 303)
    if what in ("on", "off"):
        endpoints.switch(endpoint_id, on=what == "on", actor=who, at=at)
        flash(_("It is told again.") if what == "on" else _("It is told nothing any more."), "good")
    elif what == "secret":
        session[FRESH] = endpoints.new_secret(current_shop(), endpoint_id, actor=who, at=at)
    elif what == "old":
        endpoints.end_old_secret(endpoint_id, actor=who, at=at)
        flash(_("Only the new secret signs from now on."), "good")
    elif what == "test":
        made = endpoints.send_trial(endpoint_id, actor=who, at=at)
        flash(_("The test is on its way. Reload this page to see what came back."), "good")
        return redirect(url_for("staff.webhook_delivery", endpoint_id=endpoint_id, delivery_id=made), 303)
    elif what == "again":
        return _again(endpoint_id, form.delivery, who)
    else:
        raise RuleError(_("There is no such button."))
    return redirect(url_for("staff.webhook", endpoint_id=endpoint_id), 303)


def _again(endpoint_id: int, chosen: int | None, who: Actor) -> AnyResponse:
    count = endpoints.send_again(endpoint_id, None if chosen is None else [chosen], actor=who, at=sight().now)
    flash(_("%(count)d on their way again.", count=count) if chosen is None else _("It is on its way again."), "good")
    if chosen is not None:
        return redirect(url_for("staff.webhook_delivery", endpoint_id=endpoint_id, delivery_id=chosen), 303)
    return redirect(url_for("staff.webhook", endpoint_id=endpoint_id), 303)


def webhook_delivery(endpoint_id: int, delivery_id: int) -> str:
    """One delivery: what is sent, and what came back each time."""
    endpoint = endpoints.endpoint_shown(endpoint_id, actor())
    found = endpoints.delivery_shown(endpoint_id, delivery_id, actor())
    return render_template("staff/webhook_delivery.html", page=delivery_page(endpoint, found))
