"""What is said in the demo's shop: a thread of every kind, from unread to answered, with a file, a note, a mail."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from craftops.domain.messages.canned import fill
from craftops.domain.messages.canned_texts import SHIPPED
from craftops.domain.messages.thread import Via
from craftops.domain.orders.order import Delivery
from craftops.domain.people.access import Actor, ActorKind
from craftops.services.files import intake
from craftops.services.messages import conversation, notes
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import first_orders, sharing, welcoming
from craftops.services.orders.ordering import LineDraft
from craftops.services.people import accounts
from craftops.services.shop.context import Shop
from craftops.store.models import AccountRow, OrderRow
from craftops.store.views.files import FileView


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that somebody says, so many hours before now."""

    who: str
    hours_ago: float
    text: str
    photo: bool = False
    """With the picture of the order's part, as a phone would have taken it."""
    note: bool = False
    """For the shop alone."""
    mail: str = ""
    """What a mail quoted below; it came by mail then."""
    away: str = ""
    canned: str = ""
    """The key of the canned response that it is; ``text`` is who it speaks to."""


TALKS: Mapping[str, Sequence[Remark]] = {
    "Lamp shade for the foyer": (
        Remark("sam", 4.6, "Hello Ben, one thing before we print it: please tell us above which lamp holder you have."),
        Remark("ben", 4.5, "I am out of the office until Monday and read no mail.", away="away until Monday"),
    ),
    "Drive gear, 32 teeth": (
        Remark("anna", 49, "Could you make the bore 16.1 mm instead of 16? The shaft came out a little thick."),
        Remark("anna", 47, "And is blue still possible? Otherwise black is fine."),
        Remark("sam", 46.5, "Ask Olga before promising 16.1: our reamer is 16 H7.", note=True),
    ),
    "Feet for the cabinet": (
        Remark("clara", 21, "Do they come with threaded inserts, or do I press those in myself?"),
        Remark("olga", 20.2, "Hello Clara, we can press in M6 inserts of brass for you. Shall we?"),
        Remark(
            "clara", 18.9, "Yes please, M6 would be great.", mail="On Thu, Olga Brandt wrote:\n> Hello Clara, we can"
            " press in M6 inserts of brass for you. Shall we?"
        ),
        Remark("olga", 18.5, "Done: noted on the order, they go in after printing."),
    ),
    "Belt pulleys": (
        Remark("sam", 3.1, "The first one is off the plate. The groove runs true within 0.05 mm.", photo=True),
        Remark("anna", 2.7, "Lovely. Please go on like that."),
        Remark("sam", 2.6, "Anna", canned="thanks-en"),
    ),
    "Gear, spare part": (
        Remark("clara", 0.4, "I sent the wide version by mistake first; the new file is the right one."),
    ),
}  # fmt: skip


def talk(shop: Shop, people: Mapping[str, AccountRow], orders: Sequence[OrderRow], now: datetime) -> None:
    """Let everybody say their lines, at their past moments."""
    by_title = {order.title: order for order in orders}
    for title, lines in TALKS.items():
        order = by_title[title]
        for line in lines:
            _say(shop, order, line, accounts.actor_of(people[line.who]), now - timedelta(hours=line.hours_ago))
    _let_a_colleague_in(shop, by_title["Belt pulleys"], now)
    _welcome_somebody(shop, by_title["Belt pulleys"], now - timedelta(minutes=35))


def _let_a_colleague_in(shop: Shop, order: OrderRow, now: datetime) -> None:
    """A colleague without an account follows an order by a link, and has answered."""
    actor = accounts.actor_of(order.customer)
    link = sharing.share(shop, order.code, "Jonas", "assembles the drive", actor=actor, at=now - timedelta(hours=2.5))
    message = MessageText("Groove looks fine here too. When can I collect them?", via=Via.LINK)
    guest = Actor(ActorKind.GUEST, None, link.name)
    conversation.post_guest(order, message, link=link.id, actor=guest, at=now - timedelta(hours=1.1))


def _welcome_somebody(shop: Shop, like: OrderRow, at: datetime) -> None:
    """Somebody without an account has sent a file, written an address, and clicked the link of the mail."""
    secret = first_orders.new_secret()
    visitor = first_orders.visitor_of(shop, secret, make=True, address="sample", at=at)
    if visitor is None:
        return
    same = like.lines.get().file
    with shop.files.path(same.blob_id).open("rb") as stream:
        file = intake.take_file(shop, stream, "pulley-for-the-loom.stl", owner=visitor, at=at)
    first_orders.ask(
        shop, visitor, email="nora@demo.example", name="Nora Winter",
        lines=[LineDraft(file.id, 2, "pla", "White", "as_made", "For a hand loom; must run quietly.")],
        delivery=Delivery.PICKUP, title="Pulleys for a loom", companions=[], address="sample", at=at,
    )  # fmt: skip
    row = first_orders.of_secret(secret)
    welcoming.confirm(shop, first_orders.token_of(shop, row), signed_in=None, at=at + timedelta(minutes=1))


def _say(shop: Shop, order: OrderRow, line: Remark, actor: Actor, at: datetime) -> None:
    if line.note:
        notes.write(order.code, line.text, token=f"sample-{order.code}-{line.hours_ago}", actor=actor, at=at)
        return
    files = (_photo(shop, order, at).id,) if line.photo else ()
    via = Via.MAIL if line.mail or line.away else Via.PORTAL
    text = line.text
    if line.canned:
        body = next(one.body for one in SHIPPED if one.key == line.canned)
        text = fill(body, {"name": line.text, "order_code": order.code}).text
    message = MessageText(text, files, via=via, folded=line.mail, away=line.away)
    row = conversation.post(shop, order.code, message, actor=actor, at=at)
    if line.photo or line.who == "olga":  # the other side has seen it long since
        conversation.mark_read(order.code, row.id, actor=accounts.actor_of(order.customer), at=at)


def _photo(shop: Shop, order: OrderRow, at: datetime) -> FileView:
    picture = shop.files.path(order.lines.get().file.picture_sha).read_bytes()
    return intake.take_file(shop, io.BytesIO(picture), "first-one.png", owner=order.customer, at=at, channel="message")
