"""What mails about an order say."""

from __future__ import annotations

from craftops.store.views.orders import OrderView
from craftops.web.frame.capability import NoticeText
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import sight
from craftops.web.orders.present_withdrawal import answer_text, receipt_text


def _why_held(order: OrderView | None) -> str:
    return order.hold_reason if order is not None else ""


def _cancelled(order: OrderView | None) -> str:
    said = _("Your order was cancelled. Nothing more will be made.")
    if order is None or not order.money:
        return said
    money = _("What is paid or invoiced stays as it is until one of us has looked at it; we write to you about it.")
    return f"{said} {money}"


def _answered(sentence: str, order: OrderView | None) -> str:
    return " ".join(filter(None, (sentence, answer_text(order))))


NOTICES = {
    "confirm_order": NoticeText(
        lambda shop: _("Your order at %(shop)s waits for one click", shop=shop),
        lambda _order: _(
            "Your files are here. Look at your order once more and place it; the link is good for a day. "
            "If you did not send it, do nothing, and it is forgotten."
        ),
    ),
    "order_declined": NoticeText(
        lambda shop: _("About your order at %(shop)s", shop=shop),
        lambda _order: _("We are sorry, we cannot take your order. Your files are deleted."),
    ),
    "received": NoticeText(
        lambda title: _("We have your order: %(title)s", title=title),
        lambda _order: _("Thank you. We look at your files next and tell you when it is accepted."),
    ),
    "queued": NoticeText(
        lambda title: _("Accepted: %(title)s", title=title),
        lambda _order: _("We have looked at your order and will make it. It has its place in the queue."),
    ),
    "post_processing": NoticeText(
        lambda title: _("Being finished by hand: %(title)s", title=title),
        lambda _order: _("The machines are done; now it is worked on by hand."),
    ),
    "quality_check": NoticeText(
        lambda title: _("Being checked: %(title)s", title=title),
        lambda _order: _("Your order is made. We check it before it leaves us."),
    ),
    "in_production": NoticeText(
        lambda title: _("Being made now: %(title)s", title=title),
        lambda _order: _("A machine has started on your order."),
    ),
    "ready": NoticeText(
        lambda title: _("Ready: %(title)s", title=title), lambda _order: _("Your order is finished and waits for you.")
    ),
    "shipped": NoticeText(
        lambda title: _("On its way: %(title)s", title=title), lambda _order: _("Your order has left our shop.")
    ),
    "cancelled": NoticeText(
        lambda title: _("Cancelled: %(title)s", title=title),
        _cancelled,
    ),
    "delayed": NoticeText(
        lambda title: _("Later than promised: %(title)s", title=title),
        lambda _order: _(
            "It takes longer than we promised. The page says why, and when we now expect it. We are sorry."
        ),
    ),
    "withdrawal_received": NoticeText(
        lambda title: _("Receipt of your withdrawal: %(title)s", title=title),
        lambda order: receipt_text(order, sight()),
    ),
    "withdrawal_accepted": NoticeText(
        lambda title: _("Your withdrawal is accepted: %(title)s", title=title),
        lambda order: _answered(_("We accept your withdrawal."), order),
    ),
    "withdrawal_refused": NoticeText(
        lambda title: _("About your withdrawal: %(title)s", title=title),
        lambda order: _answered(_("We cannot accept your withdrawal."), order),
    ),
    "withdrawal_settled": NoticeText(
        lambda title: _("Your withdrawal is settled: %(title)s", title=title),
        lambda order: _answered(_("Everything about your withdrawal is done."), order),
    ),
    "needs_you": NoticeText(lambda title: _("We need you: %(title)s", title=title), _why_held),
}
