"""An order as its link shows it, without an account: status, photos and messages, and a box to answer in."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.messages.thread import LONGEST, Via
from craftops.domain.people.companies import CompanyAction
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import sharing
from craftops.services.orders.sharing import SharedOrder
from craftops.services.people import limits
from craftops.store.queries import messages as queries
from craftops.store.queries import production, scoped
from craftops.store.viewing import order_view
from craftops.web.files.present import photo_cards
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.live import stream
from craftops.web.frame.live.topics import Topic
from craftops.web.frame.one_time import one_time_key
from craftops.web.frame.request_context import current_shop, remote_address, sight
from craftops.web.messages.forms import GuestForm
from craftops.web.messages.present import AT_ONCE
from craftops.web.messages.text import linked
from craftops.web.messages.views import GuestMessage, GuestPage, GuestPhoto
from craftops.web.orders import present
from craftops.web.shipping.present_pickup import own_ticket

blueprint = Blueprint("guest", __name__, url_prefix="/t")
MOST_PAGES = 20
"""Open pages of one link."""
MOST_MESSAGES = 10
MOST_MISSES = 60
"""Both within a quarter of an hour, of a link and of a network address."""


@blueprint.after_request
def keep_to_itself(response: Response) -> Response:
    """The address is the key: no search engine, no cache and no other site gets to know it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _found(token: str) -> SharedOrder:
    """What a token opens. Raises AccessError, and TooManyTries for somebody who tries many."""
    try:
        return sharing.find(current_shop(), token, at=sight().now)
    except AccessError:
        limits.count(f"link:{remote_address()}", MOST_MISSES, at=sight().now)
        raise


def _open(token: str) -> SharedOrder:
    """The same, of an order that is still shown. Raises AccessError."""
    shared = _found(token)
    if shared.closed:
        raise AccessError
    return shared


@blueprint.get("/<token>")
def tracker(token: str) -> tuple[str, int]:
    """The page; a short one when the order has ended long ago."""
    shared = _found(token)
    if shared.closed:
        return render_template("portal/guest_closed.html"), 410
    sharing.note_use(shared, at=sight().now)
    return render_template("portal/guest.html", page=_page(token, shared), live=_live(token)), 200


def _live(token: str) -> str:
    return url_for("guest.live", token=token, page="guest")


def _page(token: str, shared: SharedOrder, *, text: str = "") -> GuestPage:
    order = shared.order
    talk = queries.conversation_of(order.id, 0, most=AT_ONCE)
    own = url_for("portal.order", code=order.code)
    return GuestPage(
        title=order.title,
        code=order.code,
        name=shared.actor.name,
        tracker=present.tracker(order_view(order), sight()),
        photos=tuple(
            GuestPhoto(
                url_for("guest.photo", token=token, photo_id=card.id),
                url_for("guest.photo", token=token, photo_id=card.id, small=1),
                card.said, card.caption, card.taken_at, card.width, card.height,
            )
            for card in photo_cards(order)
        ),
        messages=tuple(
            GuestMessage(
                one.id, one.side, one.author_name, one.at, linked(one.body), one.away,
                tuple(file.name for file in talk.attachments.get(one.id, ())),
            )
            for one in talk.messages
        ),
        earlier=talk.state.count - len(talk.messages),
        write_url=url_for("guest.write", token=token),
        write_token=one_time_key(),
        text=text,
        sign_in_url=url_for("signin.sign_in", next=own),
        newest=talk.messages[-1].id if talk.messages else 0,
        ticket=own_ticket(order_view(order), sight()) if shared.link.account_id is not None else None,
    )  # fmt: skip


@blueprint.post("/<token>")
def write(token: str) -> AnyResponse | tuple[str, int]:
    """A guest answers. A fault loses nothing of the text."""
    shared, form = _open(token), GuestForm.sent()
    message = MessageText(form.text, token=form.token, via=Via.LINK)
    try:
        limits.count(f"guest:{shared.link.id}", MOST_MESSAGES, at=sight().now)
        if shared.link.account is not None:
            scoped.order(shared.actor, shared.order.code, CompanyAction.WRITE)
        conversation.post_guest(shared.order, message, link=shared.link.id, actor=shared.actor, at=sight().now)
    except (IntakeError, RuleError) as error:
        flash(" ".join(part for part in (error.sentence, getattr(error, "instead", "")) if part), "bad")
        page = _page(token, shared, text=form.text[:LONGEST])
        return render_template("portal/guest.html", page=page, live=_live(token)), 422
    flash(_("Sent."), "good")
    return redirect(url_for("guest.tracker", token=token, _anchor="messages"), 303)


@blueprint.get("/<token>/photos/<int:photo_id>")
def photo(token: str, photo_id: int) -> Response:
    """A photo of the order (``?small=1``: its thumbnail)."""
    row = production.photo(_open(token).order.id, photo_id)
    if row is None:
        raise AccessError
    sha256 = row.small_id if request.args.get("small") else row.blob_id
    response = send_file(current_shop().files.path(sha256), mimetype="image/jpeg", etag=sha256)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@blueprint.get("/<token>/live")
def live(token: str) -> Response:
    """The stream of the page; it ends when the link does."""
    shared, shop = _open(token), current_shop()
    topic = Topic("guest-order", shared.order.id)
    return stream.follow(
        topic,
        token=token,
        holder=-shared.link.id,
        most=MOST_PAGES,
        is_good=lambda one, at: sharing.is_good(shop, one, at),
    )
