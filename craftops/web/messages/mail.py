"""Notices as mails: rendered in the shop's look by the worker, which has no request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import Flask, render_template, url_for
from flask_babel import force_locale

from craftops.domain.messages.notices import CUSTOMER_WROTE, MESSAGE, WAITS
from craftops.domain.messages.reply_marks import MARKER
from craftops.domain.people.access import Role
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import CraftOpsError
from craftops.sdk.notification import InlinePicture, Notice
from craftops.services.messages import choosing, questions
from craftops.services.messages.delivery import LOST, NothingToTell, NoticeDraft, ToldOrder
from craftops.services.orders import sharing
from craftops.services.shop.context import Shop
from craftops.store.database import utcnow
from craftops.store.queries import incoming as came
from craftops.store.queries import message_pages, order_lines
from craftops.store.views.orders import OrderView
from craftops.store.views.people import PersonView
from craftops.web.estimation.present import window_text
from craftops.web.files.present_incoming import names_of
from craftops.web.frame import labels
from craftops.web.frame.capability import NOTICES, NoticeText
from craftops.web.frame.language.choice import direction, of_account
from craftops.web.frame.language.templates import language
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import RequestContext, current_shop
from craftops.web.frame.theming import colours, look_now
from craftops.web.messages.mail_styles import styled
from craftops.web.messages.present_waits import what_waits
from craftops.web.orders.present import live_jobs, sentence
from craftops.web.orders.present_withdrawal import mail_link, receipt_address
from craftops.web.shipping.present_pickup import mail_ticket
from craftops.web.shipping.present_portal import parcels_of

MOST_ORDERS = 10
"""Orders that a mail about several names."""
FINISHED = ("ready", "shipped", "delivered")
"""Mails that tell of finished work, which can be ordered again."""
AT_THE_COUNTER = ("ready", "pickup_reminder")
"""Mails that bring the ticket of an order that waits to be picked up."""
ON_THE_WAY = ("shipped", "part_shipped", "number_changed", "held_up", "at_shop")
"""Mails that name the parcels and how they are followed."""
MOST_LINES = 50
"""Files that one link puts on the form."""
TO_MAILBOX = {
    "confirm_order": ("first.confirm", __("Look at my order and place it")),
    "order_declined": ("first.confirm", __("See it")),
    "company_invitation": ("join.invitation", __("See the invitation")),
    "new_address": ("new_address.new_email", __("Use this address")),
    "old_address": ("signin.sign_in", __("Sign in")),
    "factor_changed": ("signin.sign_in", __("Sign in")),
}
"""Mails to people who may have no account: where their button leads, and what it says."""


def make_renderer(app: Flask) -> Callable[[NoticeDraft], Notice]:
    """The renderer of this shop's mails; what each kind says is its capability's (``MachineCapability.notices``)."""
    texts: Mapping[str, NoticeText] = app.extensions[NOTICES]

    def render(draft: NoticeDraft) -> Notice:
        shop: Shop = app.extensions["craftops"]
        request = app.test_request_context(base_url=shop.config.base_url + "/")
        with request, force_locale(of_account(draft.account)):
            return _render(shop, draft, texts)

    return render


def _render(shop: Shop, draft: NoticeDraft, texts: Mapping[str, NoticeText]) -> Notice:
    sight = RequestContext(shop, shop.profile(), utcnow())
    if draft.kind == "files_came":
        return _files(shop, sight.profile, draft)
    if draft.kind == "digest":
        return _digest(draft, texts, sight)
    if draft.kind == WAITS:
        return _waits(draft, texts[WAITS], sight)
    if draft.kind == LOST:
        return _lost(draft, texts[LOST], sight)
    order = draft.order
    if draft.kind == "sign_in_link":
        return _sign_in(sight.profile, draft, texts[draft.kind])
    if draft.kind in TO_MAILBOX:
        return _newcomer(sight.profile, draft, texts[draft.kind])
    if order is None:
        raise CraftOpsError("The order of this notice is gone.")
    if draft.kind in (MESSAGE, CUSTOMER_WROTE):
        return _messages(shop, sight.profile, draft, order)
    return _stage(draft, order, texts[draft.kind], sight)


def _stage(draft: NoticeDraft, order: OrderView, text: NoticeText, sight: RequestContext) -> Notice:
    """What has become of an order; what was written about it meanwhile goes along."""
    profile = sight.profile
    label, window = window_text(order, sight) if draft.kind != "cancelled" else ("", "")
    picture = _picture(sight.shop, order)
    pickup = draft.kind in AT_THE_COUNTER and order.delivery == "pickup"
    ticket = mail_ticket(order, sight) if pickup else None
    pictures = (picture, ticket[1] if ticket else None)
    context = {
        **_letterhead(profile, draft),
        "ticket": ticket[0] if ticket else None,
        "kind": draft.kind,
        "lead": text.lead(order),
        "title": order.title,
        "code": order.code,
        "sentence": sentence(order, live_jobs(order), sight),
        "window_label": label,
        "window": window,
        "button": _("See your order"),
        "link": _link_to(draft, order),
        "picture": picture,
        "address": profile.address,
        "hours": labels.hours_rows(profile.calendar) if not profile.calendar.always_open else [],
        "pickup": pickup,
        "parcels": parcels_of(order) if draft.kind in ON_THE_WAY else (),
        "messages": _told(draft),
        "earlier": draft.earlier,
        "withdraw": mail_link(order, sight),
        "again": url_for("portal.reorder", code=order.code, _external=True) if draft.kind in FINISHED else "",
    }
    if text.link is not None:
        button, link = text.link(order)
        context |= {"button": button, "link": link or context["link"]}
    asked = message_pages.open_questions(order.id)[-1:] if draft.kind == "needs_you" else []
    for question in asked:
        token = questions.link_token(sight.shop, question, draft.account)
        context |= {
            "lead": question.text, "button": _("Answer"),
            "link": url_for("answer.ask_by_link", token=token, _external=True), "choices": question.choices,
        }  # fmt: skip
    notice = _written(profile, draft, "notice", text.subject(order.title), context, tuple(filter(None, pictures)))
    return replace(notice, to_address=receipt_address(order)) if draft.kind == "withdrawal_received" else notice


def _sign_in(profile: ShopProfile, draft: NoticeDraft, text: NoticeText) -> Notice:
    context = {
        **_letterhead(profile, draft),
        "lead": text.lead(None),
        "button": _("Sign in"),
        "link": url_for("signin.link", token=draft.link_token, _external=True),
    }
    return _written(profile, draft, "notice", text.subject(profile.name), context)


def _newcomer(profile: ShopProfile, draft: NoticeDraft, text: NoticeText) -> Notice:
    """A mail to somebody who may have no account: one button, to the page of its link."""
    endpoint, button = TO_MAILBOX[draft.kind]
    lead = text.lead(None)
    if draft.words:
        lead = draft.words if draft.kind == "order_declined" else f"{draft.words}. {lead}"
    context = {
        **_letterhead(profile, draft),
        "lead": lead,
        "button": str(button),
        "link": url_for(endpoint, token=draft.link_token or None, _external=True),
    }
    return _written(profile, draft, "notice", text.subject(profile.name), context)


def _link_to(draft: NoticeDraft, order: OrderView) -> str:
    """The page that a mail leads to: the very message, where it tells of one."""
    anchor = f"message-{draft.messages[-1].id}" if draft.messages else None
    if draft.kind == CUSTOMER_WROTE:
        return url_for("staff.thread", code=order.code, _anchor=anchor, _external=True)
    return _order_link(draft.account, order, anchor)


def _order_link(account: PersonView, order: OrderView, anchor: str | None = None) -> str:
    """Where a customer sees their order: who has no password gets there without signing in."""
    if account.has_password or account.role != Role.CUSTOMER.value:
        return url_for("portal.order", code=order.code, _anchor=anchor, _external=True)
    return _tracker_link(account, order, anchor)


def _tracker_link(account: PersonView, order: OrderView, anchor: str | None = None) -> str:
    token = sharing.token_for_mail(current_shop(), order, account, at=utcnow())
    return url_for("guest.tracker", token=token, _anchor=anchor, _external=True)


def _told(draft: NoticeDraft) -> list[dict[str, Any]]:
    """The messages of a mail, as its templates want them."""
    return [
        {
            "author": one.author_name,
            "paragraphs": [part for part in one.body.split("\n\n") if part.strip()],
            "body": one.body,
            "files": draft.files.get(one.id, []),
        }
        for one in draft.messages
    ]


def _digest(draft: NoticeDraft, texts: Mapping[str, NoticeText], sight: RequestContext) -> Notice:
    """Several orders in one mail: a line for each, ten at most."""
    staff = draft.account.role != "customer"
    shown = draft.orders[:MOST_ORDERS]
    lines = [
        {
            "title": one.order.title,
            "code": one.order.code,
            "said": _said(one, texts),
            "link": url_for("staff.thread", code=one.order.code, _external=True)
            if staff
            else _order_link(draft.account, one.order),
        }
        for one in shown
    ]
    context = {
        **_letterhead(sight.profile, draft),
        "lines": lines,
        "more": len(draft.orders) - len(shown),
        "button": _("See them all"),
        "link": url_for("staff.inbox" if staff else "portal.dashboard", _external=True),
    }
    subject = ngettext("News of %(num)d order", "News of %(num)d orders", len(draft.orders))
    return _written(sight.profile, draft, "digest", f"{sight.profile.name}: {subject}", context)


def _said(one: ToldOrder, texts: Mapping[str, NoticeText]) -> str:
    """What a line says of an order: its news, and how many messages there are."""
    new = ngettext("%(num)d new message", "%(num)d new messages", one.messages)
    if one.messages and one.kind in (MESSAGE, CUSTOMER_WROTE):
        return new
    lead = texts[one.kind].lead(one.order)
    return f"{lead} {new}" if one.messages else lead


def _waits(draft: NoticeDraft, text: NoticeText, sight: RequestContext) -> Notice:
    """All that waits in the shop, for one of its people: each list of the to-do home with its oldest, ten lines."""
    waiting = what_waits(sight, MOST_ORDERS)
    if not waiting.count:
        raise NothingToTell("Nothing waits.")
    context = {
        **_letterhead(sight.profile, draft),
        "lead": text.lead(None),
        "groups": waiting.groups,
        "more": waiting.count - sum(len(group.lines) for group in waiting.groups),
        "button": _("See them all"),
        "link": url_for("staff.home", _external=True),
    }
    return _written(sight.profile, draft, "waits", text.subject(sight.profile.name), context)


def _lost(draft: NoticeDraft, text: NoticeText, sight: RequestContext) -> Notice:
    """The links that somebody has lost: to every order of theirs that is open."""
    lines = [
        {
            "title": one.order.title,
            "code": one.order.code,
            "said": sentence(one.order, live_jobs(one.order), sight),
            "link": _tracker_link(draft.account, one.order),
        }
        for one in draft.orders[:MOST_LINES]
    ]
    context = {
        **_letterhead(sight.profile, draft),
        "lead": text.lead(None),
        "lines": lines,
        "more": len(draft.orders) - len(lines),
        "none": "" if lines else _("None of your orders is open at the moment."),
        "button": _("Sign in"),
        "link": url_for("signin.sign_in", _external=True),
    }
    return _written(sight.profile, draft, "digest", text.subject(sight.profile.name), context)


def _letterhead(profile: ShopProfile, draft: NoticeDraft) -> dict[str, Any]:
    """What every mail has."""
    return {
        "language": language(),
        "direction": direction(),
        "shop_name": profile.name,
        **mail_paint(current_shop(), profile.brand),
        "name": draft.account.name,
        "shop_email": profile.email,
        "shop_phone": profile.phone,
    }


def mail_paint(shop: Shop, brand: str) -> dict[str, Any]:
    """What a mail takes from the look: colours of day and night, corners, the sentence at its end."""
    look = look_now(shop)
    return {
        "paint": colours(shop, brand),
        "night": colours(shop, brand, dark=True),
        "corners": look.shape.get("radius", "14px"),
        "small_corners": look.shape.get("radius-small", "9px"),
        "closing": look.word("mail_close"),
    }


def sample_mail(shop: Shop, profile: ShopProfile, sentence: str) -> str:
    """A notice of nobody's order as HTML, in the look of this page."""
    context = {
        "shop_name": profile.name,
        **mail_paint(shop, profile.brand),
        "name": "Anna",
        "shop_email": profile.email,
        "shop_phone": profile.phone,
        "title": "Bracket",
        "code": "K7RCX3",
        "sentence": sentence,
        "window_label": _("Ready"),
        "window": _("today, 14:00–17:30"),
        "lead": _("Your order is done and waits for you. Bring the code, or say your name."),
        "button": _("See your order"),
        "link": "#",
    }
    return styled(render_template("mail/notice.html", **context))


def _written(
    profile: ShopProfile, draft: NoticeDraft, template: str, subject: str, context: dict[str, Any],
    pictures: tuple[InlinePicture, ...] = (),
) -> Notice:  # fmt: skip
    token = choosing.end_token(current_shop(), draft.account, *draft.kinds)
    end_url = url_for("unsubscribe.ask", token=token, _external=True) if token else ""
    context["end_url"] = end_url
    context.setdefault("heading", subject)
    answers = draft.order is not None and current_shop().mail.reply_address
    context["marker"] = MARKER if answers else ""
    return Notice(
        list_unsubscribe=end_url,
        key=draft.key,
        to_address=draft.account.email,
        to_name=draft.account.name,
        from_name=profile.name,
        subject=subject,
        text=render_template(f"mail/{template}.txt", **context),
        html=styled(render_template(f"mail/{template}.html", **context)),
        pictures=pictures,
    )


def _messages(shop: Shop, profile: ShopProfile, draft: NoticeDraft, order: OrderView) -> Notice:
    """What people of the shop have written, as their words, with one way back to the very message."""
    picture = _picture(shop, order)
    context = {
        **_letterhead(profile, draft),
        "title": order.title,
        "code": order.code,
        "picture": picture,
        "messages": _told(draft),
        "earlier": draft.earlier,
        "button": _("Answer"),
        "link": _link_to(draft, order),
    }
    subject = f"{order.title} ({order.code})"
    pictures = (picture,) if picture else ()
    return replace(_written(profile, draft, "message", subject, context, pictures), automatic=False)


def _files(shop: Shop, profile: ShopProfile, draft: NoticeDraft) -> Notice:
    """What came in from this customer by mail or folder: what we have, what we could not take, where to order."""
    parts = came.parts_of_notice(draft.notice_id)
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


def _picture(shop: Shop, order: OrderView | None) -> InlinePicture | None:
    line = next(iter(order_lines.lines_of(order.id)), None) if order is not None else None
    if line is None or line.file is None or not line.file.picture_sha:
        return None
    return InlinePicture("part", shop.files.path(line.file.picture_sha).read_bytes(), line.title)
