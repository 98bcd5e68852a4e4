"""Withdrawals as customers and staff read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from flask import url_for

from craftops.domain.orders.withdrawal import NEXT, OPEN, Ground, Right, WithdrawalState
from craftops.domain.people.access import Actor
from craftops.services.orders import withdrawals as use
from craftops.store.queries import withdrawals
from craftops.store.views.orders import OrderView, WithdrawalView
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Chip, Choice, TodoItem
from craftops.web.orders.views_withdrawal import Declared, WithdrawalPanel

W = WithdrawalState
CHIPS = {
    W.RECEIVED: (__("received"), "warn", "hourglass"),
    W.ACCEPTED: (__("accepted"), "good", "check"),
    W.REFUSED: (__("refused"), "quiet", "x"),
    W.SETTLED: (__("settled"), "good", "check"),
}
ANSWERS = {W.ACCEPTED: __("Accept it"), W.REFUSED: __("Refuse it"), W.SETTLED: __("It is settled")}


def until_text(right: Right, sight: RequestContext) -> str:
    """How long an order may be withdrawn from, as a sentence."""
    if right.until is None:
        return _("You can withdraw from now on, and until 14 days after you have everything.")
    last = (right.until - timedelta(seconds=1)).astimezone(sight.profile.zone).date()
    return _("You can withdraw until the end of %(day)s.", day=labels.date_words(last))


def declared(row: WithdrawalView, *, answers: bool = False) -> Declared:
    """A declaration with what became of it."""
    state = WithdrawalState(row.state)
    word, tone, icon = CHIPS[state]
    return Declared(
        id=row.id,
        at=row.at,
        name=row.name,
        email=row.email,
        what=tuple(f"{one['quantity']} × {one['title']}" for one in row.lines),
        words=row.words,
        digest=row.digest,
        chip=Chip(str(word), tone, icon),
        sentence=row.sentence,
        by=row.by_name if state is not W.RECEIVED else "",
        line_ids=tuple(int(one["id"]) for one in row.lines),
        answers=tuple(Choice(to.value, str(ANSWERS[to]), False) for to in NEXT[state]) if answers else (),
    )


def all_declared(order: OrderView, *, answers: bool = False) -> tuple[Declared, ...]:
    """Everything that was declared for an order, the newest first; without any it needs no query."""
    if not order.withdrawals:
        return ()
    return tuple(declared(one, answers=answers) for one in withdrawals.of_order(order.id))


def ground_text(standard: Iterable[str]) -> str:
    """What customers read before they order: from what they may withdraw, and from what not."""
    names = ", ".join(standard)
    if names:
        return _(
            "Consumers may withdraw from %(names)s within 14 days of having everything. The rest is made to your "
            "specification, and from that there is no right of withdrawal (Article 16(c) of Directive 2011/83/EU).",
            names=names,
        )
    return _(
        "Your parts are made to your specification, and from that there is no right of withdrawal "
        "(Article 16(c) of Directive 2011/83/EU)."
    )


def portal_panel(order: OrderView, sight: RequestContext, _actor: Actor) -> WithdrawalPanel | None:
    """Whether its customer may withdraw from an order. One that is made to specification needs no query."""
    if order.company_id is not None and not order.withdrawals:
        return None
    if not order.standard_lines:
        return WithdrawalPanel(ground_text(()), "", all_declared(order))
    right = use.right_of(sight.shop, order, at=sight.now)
    if right.ground is Ground.BUSINESS and not order.withdrawals:
        return None
    done = all_declared(order)
    left = order.standard_lines > len({line for one in done for line in one.line_ids})
    url = url_for("withdrawal.of_order", token=use.link_token(sight.shop, order)) if right.exists and left else ""
    said = until_text(right, sight) if right.exists else _(use.WHY_NOT[right.ground])
    return WithdrawalPanel(said if left or not right.exists else "", url, done)


def staff_panel(order: OrderView, sight: RequestContext, _actor: Actor) -> WithdrawalPanel | None:
    """What was declared, to be answered."""
    if not order.withdrawals:
        return None
    right = use.right_of(sight.shop, order, at=sight.now)
    said = until_text(right, sight) if right.exists else _(use.WHY_NOT[right.ground])
    return WithdrawalPanel(said, "", all_declared(order, answers=True), order.code)


def mail_link(order: OrderView, sight: RequestContext) -> str:
    """The address of an order's page of withdrawal, for mails; empty where there is no right."""
    if not order.standard_lines or not use.right_of(sight.shop, order, at=sight.now).exists:
        return ""
    return url_for("withdrawal.of_order", token=use.link_token(sight.shop, order), _external=True)


def receipt_address(order: OrderView) -> str:
    """Where the receipt of the newest declaration goes."""
    newest = withdrawals.of_order(order.id)
    return newest[0].email if newest else str(order.customer.email)


def receipt_text(order: OrderView | None, sight: RequestContext) -> str:
    """The receipt: every declaration of an order, word by word, with date and time."""
    if order is None:
        return ""
    parts = [_("We have received your withdrawal from the contract. Keep this mail: it is your receipt.")]
    for row in withdrawals.of_order(order.id):
        parts.append(_("Declared on %(time)s", time=f"{row.at.astimezone(sight.profile.zone):%Y-%m-%d %H:%M:%S %Z}"))
        what = ", ".join(f"{one['quantity']} × {one['title']}" for one in row.lines)
        lines = [
            _("Order: %(code)s", code=order.code), _("By: %(name)s", name=row.name),
            _("Receipt to: %(email)s", email=row.email),
            _("Withdrawn from: %(what)s", what=what or _("what these words say")),
        ]  # fmt: skip
        if row.words:
            lines.append(_("In your words: %(words)s", words=row.words))
        lines.append(_("Check sum (SHA-256): %(digest)s", digest=row.digest))
        parts.append("\n".join(lines))
        if row.state == W.RECEIVED.value and row.sentence:
            parts.append(row.sentence)
    parts.append(_("A person looks at it and writes to you. Nothing else is needed of you now."))
    return "\n\n".join(parts)


def answer_text(order: OrderView | None) -> str:
    """What the shop has answered last."""
    found = withdrawals.of_order(order.id) if order is not None else []
    newest = max(found, key=lambda one: (one.step_at, one.step_id), default=None)
    return newest.sentence if newest is not None else ""


def todo(_sight: RequestContext) -> list[TodoItem]:
    """Declarations that somebody has still to answer or to settle."""
    return [
        TodoItem(
            url_for("staff.order", code=row.order_code, _anchor="withdrawals"), row.order_code, row.order_title,
            _("%(name)s withdraws", name=row.name) if row.state == W.RECEIVED.value
            else _("Accepted; settle it: take the parts back, give the money back"),
            row.at, "", declared(row).chip,
        )
        for row in withdrawals.in_states([state.value for state in OPEN])
    ]  # fmt: skip
