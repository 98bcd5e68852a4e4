"""Work on messages: notices and sign-in links are sent, pictures that came with a message drawn again."""

from __future__ import annotations

from craftops.services.messages import attachments, delivery, digests, mail_trial, notifying
from craftops.store.work import Work
from craftops.tasks.worker import Desk, Handler

MOST_TRIES = 2
"""A picture that has taken its child down so often is not shown."""


def _send_notice(desk: Desk, work: Work) -> None:
    delivery.send_notice(desk.shop, work.payload["notice"], desk.render, at=desk.at)


def _send_link(desk: Desk, work: Work) -> None:
    said = work.payload
    delivery.send_link(desk.shop, said["email"], said["next"], desk.render, at=desk.at, asked=said.get("asked"))


def _send_lost_links(desk: Desk, work: Work) -> None:
    delivery.send_lost_links(desk.shop, work.payload["email"], work.payload["asked"], desk.render, at=desk.at)


def _tell_newcomer(desk: Desk, work: Work) -> None:
    said = work.payload
    delivery.tell_newcomer(desk.shop, said["first_order"], said["what"], desk.render, at=desk.at)


def _tell_invited(desk: Desk, work: Work) -> None:
    delivery.tell_invited(desk.shop, work.payload["invitation"], desk.render, at=desk.at)


def _tell_new_address(desk: Desk, work: Work) -> None:
    delivery.tell_new_address(desk.shop, work.payload["change"], desk.render, at=desk.at)


def _tell_old_address(desk: Desk, work: Work) -> None:
    said = work.payload
    delivery.tell_old_address(desk.shop, said["email"], said["name"], f"old-address:{work.id}", desk.render)


def _tell_factor_changed(desk: Desk, work: Work) -> None:
    delivery.tell_factor_changed(desk.shop, work.payload["account"], f"factor:{work.id}", desk.render)


def _redraw_attachment(desk: Desk, work: Work) -> None:
    given_up = work.attempt > MOST_TRIES
    attachments.redraw_attachment(desk.shop, work.payload["attachment"], desk.mend, at=desk.at, given_up=given_up)


def _forget_blob(desk: Desk, work: Work) -> None:
    attachments.forget_blob(desk.shop, work.payload["sha256"])


def _try_mail(desk: Desk, work: Work) -> None:
    mail_trial.send(desk.shop, work.payload["trial"], at=desk.at)


EVERY_MINUTE = (digests.ask,)
WORK: dict[str, Handler] = {
    notifying.SEND: _send_notice,
    "send_link": _send_link,
    "send_lost_links": _send_lost_links,
    "tell_newcomer": _tell_newcomer,
    "tell_invited": _tell_invited,
    "tell_new_address": _tell_new_address,
    "tell_old_address": _tell_old_address,
    "tell_factor_changed": _tell_factor_changed,
    "redraw_attachment": _redraw_attachment,
    "forget_blob": _forget_blob,
    mail_trial.WORK: _try_mail,
}
