"""Links to an order for people without an account: made by its customer, seen and taken back by both sides."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders.workflow import ENDED, Stage
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction
from craftops.errors import IntakeError, RuleError
from craftops.services.orders import sharing
from craftops.store.queries import scoped
from craftops.store.views.orders import OrderView, TrackerLinkView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext, actor, allowed, current_shop, sight
from craftops.web.frame.views import FormField
from craftops.web.orders.forms import ShareForm
from craftops.web.orders.views_share import ShareCard, SharedLink, SharePage

CODE = "<string(minlength=4, maxlength=12):code>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes that customers and staff share; each is answered in its own room."""
    blueprint.add_url_rule(f"/orders/{CODE}/links", view_func=links)
    blueprint.add_url_rule(f"/orders/{CODE}/links", view_func=make_link, methods=["POST"])
    blueprint.add_url_rule(f"/orders/{CODE}/links/<int:link_id>/revoke", view_func=revoke_link, methods=["POST"])


def links(code: str) -> str:
    """Who can see this order by a link."""
    return _page(scoped.order_view(actor(), code, CompanyAction.SHARE), {}, {})


def make_link(code: str) -> AnyResponse | tuple[str, int]:
    """One more link."""
    order = scoped.order_view(actor(), code, CompanyAction.SHARE)
    values = ShareForm.sent().model_dump()
    try:
        row = sharing.share(current_shop(), order.code, **values, actor=actor(), at=sight().now)
    except (IntakeError, RuleError) as error:
        faults = getattr(error, "fields", {})
        if not faults:
            flash(" ".join(part for part in (error.sentence, getattr(error, "instead", "")) if part), "bad")
        return _page(order, values, faults), 422
    flash(_("The link for %(name)s is made. Copy it below.", name=row.name), "good")
    return redirect(_here(order), 303)


def revoke_link(code: str, link_id: int) -> AnyResponse:
    """This link shows nothing any more."""
    if sharing.revoke(code, link_id, actor=actor(), at=sight().now):
        flash(_("The link is taken back. It shows nothing any more."), "good")
    return redirect(_here(scoped.order_view(actor(), code)), 303)


def _here(order: OrderView) -> str:
    return url_for(f"{request.blueprint}.links", code=order.code)


def _page(order: OrderView, values: dict[str, str], errors: dict[str, str]) -> str:
    who = actor()
    days = current_shop().newcomers.tracker_days
    page = SharePage(
        code=order.code,
        title=order.title,
        links=tuple(_line(row, order, who) for row in sharing.links_of(order.id)),
        fields=(
            FormField(
                "name", _("For whom?"), "text", values.get("name", ""), _("What they write has this name."),
                errors.get("name", ""), True, (), "off",
            ),
            FormField(
                "note", _("Note"), "text", values.get("note", ""), _("Only for you, to know it again."),
                errors.get("note", ""), False, (), "off",
            ),
        ),
        make_url=_here(order),
        back_url=url_for(f"{request.blueprint}.order", code=order.code),
        days=days,
        ended=Stage(order.stage) in ENDED,
    )  # fmt: skip
    return render_template("portal/share.html", page=page)


def _line(row: TrackerLinkView, order: OrderView, who: Actor) -> SharedLink:
    """One link; its address is shown to the order's own side alone, and never that of somebody's mails."""
    address = ""
    if row.account_id is None and not who.is_staff:
        address = url_for("guest.tracker", token=sharing.token_of(current_shop(), row), _external=True)
    return SharedLink(
        id=row.id,
        name=row.name,
        note=row.note,
        by=_("in their mails") if row.account_id is not None else _("made by %(name)s", name=row.made_by),
        url=address,
        created_at=row.created_at,
        used_at=row.used_at,
        revoke_url=url_for(f"{request.blueprint}.revoke_link", code=order.code, link_id=row.id),
    )


def card(order: OrderView, _sight: RequestContext, who: Actor) -> ShareCard | None:
    """The way to the page of links, on the order's page."""
    if CompanyAction.SHARE not in allowed(order):
        return None
    return ShareCard(url_for("staff.links" if who.is_staff else "portal.links", code=order.code), who.is_staff)
