"""Notices as mails: rendered in the shop's look by the worker, which has no request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import css_inline
from flask import Flask, render_template, url_for
from flask_babel import gettext as _

from craftops.domain.messages.notices import MESSAGE
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import CraftOpsError
from craftops.sdk.notification import InlinePicture, Notice
from craftops.services.messages.notifying import NoticeDraft
from craftops.services.shop.context import Shop
from craftops.store.database import utcnow
from craftops.store.models import OrderLineRow, OrderRow
from craftops.store.queries import files as came
from craftops.web.estimation.present import window_text
from craftops.web.files.present_incoming import names_of
from craftops.web.frame import labels
from craftops.web.frame.capability import NOTICES, NoticeText
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.theming import contrast
from craftops.web.orders.present import live_jobs, sentence

MOST_LINES = 50
"""Files that one link puts on the form."""
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False)


def make_renderer(app: Flask) -> Callable[[NoticeDraft], Notice]:
    """The renderer of this shop's mails; what each kind says is its capability's (``MachineCapability.notices``)."""
    texts: Mapping[str, NoticeText] = app.extensions[NOTICES]

    def render(draft: NoticeDraft) -> Notice:
        shop: Shop = app.extensions["craftops"]
        with app.test_request_context(base_url=shop.config.base_url + "/"):
            return _render(shop, draft, texts)

    return render


def _render(shop: Shop, draft: NoticeDraft, texts: Mapping[str, NoticeText]) -> Notice:
    sight = RequestContext(shop, shop.profile(), utcnow())
    profile, order = sight.profile, draft.order
    if draft.kind == "files_came":
        return _files(shop, profile, draft)
    if draft.kind == MESSAGE and order is not None:
        return _messages(shop, profile, draft, order)
    if order is None and draft.kind != "sign_in_link":
        raise CraftOpsError("The order of this notice is gone.")
    text = texts[draft.kind]
    label, window = window_text(order, sight) if order is not None else ("", "")
    picture = _picture(shop, order)
    link = (
        url_for("signin.link", token=draft.link_token, _external=True)
        if draft.link_token
        else url_for("portal.order", code=order.code, _external=True)  # type: ignore[union-attr]
    )
    context = {
        **_letterhead(profile, draft),
        "kind": draft.kind,
        "lead": text.lead(order),
        "title": order.title if order is not None else "",
        "code": order.code if order is not None else "",
        "sentence": sentence(order, live_jobs(order), sight) if order is not None else "",
        "window_label": label if draft.kind != "cancelled" else "",
        "window": window if draft.kind != "cancelled" else "",
        "button": _("Sign in") if draft.link_token else _("See your order"),
        "link": link,
        "picture": picture,
        "address": profile.address,
        "hours": labels.hours_rows(profile.calendar) if not profile.calendar.always_open else [],
        "pickup": draft.kind == "ready" and order is not None and order.delivery == "pickup",
    }
    subject = text.subject(order.title if order is not None else profile.name)
    return _written(profile, draft, "notice", subject, context, (picture,) if picture else ())


def _letterhead(profile: ShopProfile, draft: NoticeDraft) -> dict[str, Any]:
    """What every mail has."""
    return {
        "shop_name": profile.name,
        "brand": profile.brand,
        "on_brand": "#ffffff" if contrast(profile.brand, "#ffffff") >= 4.5 else "#14161a",
        "name": draft.account.name,
        "shop_email": profile.email,
        "shop_phone": profile.phone,
    }


def _written(
    profile: ShopProfile, draft: NoticeDraft, template: str, subject: str, context: dict[str, Any],
    pictures: tuple[InlinePicture, ...] = (),
) -> Notice:  # fmt: skip
    return Notice(
        key=draft.key,
        to_address=draft.account.email,
        to_name=draft.account.name,
        from_name=profile.name,
        subject=subject,
        text=render_template(f"mail/{template}.txt", **context),
        html=_inliner.inline(render_template(f"mail/{template}.html", **context)),
        pictures=pictures,
    )


def _messages(shop: Shop, profile: ShopProfile, draft: NoticeDraft, order: OrderRow) -> Notice:
    """What people of the shop have written, as their words, with one way back to the very message."""
    picture = _picture(shop, order)
    context = {
        **_letterhead(profile, draft),
        "title": order.title,
        "code": order.code,
        "picture": picture,
        "messages": [
            {
                "id": one.id,
                "author": one.author_name,
                "paragraphs": [part for part in one.body.split("\n\n") if part.strip()],
                "body": one.body,
                "files": draft.files.get(one.id, []),
            }
            for one in draft.messages
        ],
        "button": _("Answer"),
        "link": url_for("portal.order", code=order.code, _anchor=f"message-{draft.messages[-1].id}", _external=True),
    }
    subject = f"{order.title} ({order.code})"
    pictures = (picture,) if picture else ()
    return replace(_written(profile, draft, "message", subject, context, pictures), automatic=False)


def _files(shop: Shop, profile: ShopProfile, draft: NoticeDraft) -> Notice:
    """What came in from this customer by mail or folder: what we have, what we could not take, where to order."""
    parts = came.incoming_of_notice(draft.notice_id)
    taken = [part for part in parts if part.file_id]
    turned = [part for part in parts if part.sentence]
    if not taken and not turned:
        raise CraftOpsError("The files of this notice are gone.")
    wanted = ",".join(str(part.file_id) for part in taken[:MOST_LINES])
    names = names_of([part.name for part in taken or turned])
    headline = _("We have your files") if taken else _("We could not take your files")
    lead = (
        _("They are stored, and nothing is ordered yet. Say how you want them made.")
        if taken
        else _("You can send others in your browser; it says at once what fits.")
    )
    context = {
        **_letterhead(profile, draft),
        "headline": headline,
        "lead": lead,
        "taken": [{"name": part.name, "size": labels.size(part.size)} for part in taken],
        "turned": turned,
        "turned_title": _("These we could not take"),
        "button": _("Order these files") if taken else _("Send files"),
        "link": url_for("portal.new_order", files=wanted or None, _external=True).replace("%2C", ","),
        "warning": _("If you did not send them, please tell us."),
    }
    return _written(profile, draft, "files", f"{headline}: {names}", context)


def _picture(shop: Shop, order: OrderRow | None) -> InlinePicture | None:
    line = order.lines.order_by(OrderLineRow.position).first() if order is not None else None
    if line is None or not line.file_id or not line.file.picture_sha:
        return None
    return InlinePicture("part", shop.files.path(line.file.picture_sha).read_bytes(), line.title)
