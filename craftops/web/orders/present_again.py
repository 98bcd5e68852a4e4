"""A past order as the form that orders it again."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for

from craftops.domain.billing.money import Money
from craftops.domain.orders.reorder import AgainOutcome, LineChoice, with_price
from craftops.domain.orders.workflow import ENDED, Stage
from craftops.domain.people.access import ActorKind
from craftops.services.orders.ordering import LineDraft
from craftops.services.orders.reordering import LinePick, PastOrder, PastPart, drafts_again
from craftops.store.queries import orders
from craftops.store.views.people import Account
from craftops.web.billing import order_price
from craftops.web.billing.past_price import PastPrice
from craftops.web.billing.present import money
from craftops.web.files.present import picture_url
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice
from craftops.web.orders.again_form import OTHER, TypedLine
from craftops.web.orders.again_labels import outcome_chip, why_sentence
from craftops.web.orders.present_new import material_choices
from craftops.web.orders.present_parts import specification
from craftops.web.orders.views import NewLine
from craftops.web.orders.views_address import OrderAddress
from craftops.web.orders.views_again import AgainLine, AgainPage, NearbyChoice

BY_MAIL = ("email", "folder")


def again_page(
    past: PastOrder, lines: Sequence[TypedLine], before: PastPrice, customer: Account, sight: RequestContext, *,
    token: str, delivery: str, name: str, error: str, address: OrderAddress,
) -> AgainPage:  # fmt: skip
    """The form. ``before``: what was agreed then, as far as its reader may know."""
    order = past.order
    now = _prices_now(past, before, customer, sight)
    ours = ", ".join(sight.profile.address)
    return AgainPage(
        code=order.code,
        title=order.title,
        order_url=url_for("portal.order", code=order.code),
        action=url_for("portal.reorder", code=order.code),
        token=token,
        notes=_notes(past, sight),
        lines=tuple(_line(line, before, now, sight) for line in lines),
        deliveries=(
            Choice("pickup", _("Pick up"), delivery == "pickup", ours),
            Choice("shipping", _("Ship to me"), delivery == "shipping", _("To the address below")),
        ),
        name=name,
        error=error,
        company=order.company.name if order.company is not None else "",
        address=address,
    )


def _prices_now(
    past: PastOrder, before: PastPrice, customer: Account, sight: RequestContext
) -> dict[int | None, int | None]:
    """What each line would come to today as it was, by line; nothing where there is no price then to compare with."""
    if not before.lines:
        return {}
    picks = [LinePick(part.row.id, part.row.quantity, part.answer.choice) for part in past.parts if part.answer.choice]
    price = order_price.price_view(drafts_again(past, picks), customer, sight, sells=order_price.Sells.NOWHERE)
    return {one.again: one.minor for one in price.lines}


def _notes(past: PastOrder, sight: RequestContext) -> tuple[str, ...]:
    order, notes = past.order, []
    stage = Stage(order.stage)
    if stage is Stage.CANCELLED:
        notes.append(_("This order was cancelled. To order it again makes a new order."))
    elif stage not in ENDED:
        notes.append(_("This order is still being made. This would be a second one."))
    placed = orders.history_of(order.id).changes[:1]
    if placed and placed[0].actor.kind in (ActorKind.STAFF, ActorKind.OWNER):
        notes.append(_("We placed this order for you. You can order the same yourself."))
    if any(file.channel in BY_MAIL for part in past.parts for file in part.files.values()):
        notes.append(_("Files of it came to us by mail. We use them as they came."))
    if past.lost:
        notes.append(
            _("We do not keep these any more, so they do not ride along: %(names)s.", names=", ".join(past.lost))
        )
    dead = sum(1 for part in past.parts if part.answer.outcome is AgainOutcome.IMPOSSIBLE and not part.answer.nearest)
    if dead:
        notes.append(
            ngettext(
                "%(num)d line cannot be ordered again. It is left out; the line says why.",
                "%(num)d lines cannot be ordered again. They are left out; each says why.",
                dead,
            )
        )
    return tuple(notes)


def _line(line: TypedLine, before: PastPrice, now: dict[int | None, int | None], sight: RequestContext) -> AgainLine:
    part = line.part
    row = part.row
    answer = with_price(part.answer, before.of_line(row.id), now.get(row.id))
    currency = before.total.currency if before.total else ""
    amount = money(Money(abs(answer.difference), currency)) if answer.difference else ""
    sentences = [why_sentence(why, part, sight.catalogue, amount) for why in answer.reasons]
    if answer.newer:
        sentences.append(
            _("Version %(n)s is what we made. There is a newer version %(newer)s; you get %(n)s.", n=row.revision,
              newer=answer.newer)
        )  # fmt: skip
    typed = NewLine(str(row.id), None, line.quantity, line.material, line.colour, line.finish, line.instructions, {})
    version = _(", version %(n)s", n=row.revision) if len(part.files) > 1 else ""
    return AgainLine(
        id=row.id,
        title=row.title,
        was=f"{row.quantity} × {specification(row, sight.catalogue)}{version}",
        picture_url=picture_url(row.file),
        outcome=answer.outcome.value,
        chip=outcome_chip(answer.outcome),
        sentences=tuple(sentences),
        wanted=line.wanted and line.open,
        open=line.open,
        nearest=tuple(_near(n, one, line, part, sight) for n, one in enumerate(answer.nearest)),
        other=line.near == OTHER,
        materials=material_choices(sight.shop, typed),
        quantity=line.quantity,
        instructions=line.instructions,
        errors=line.errors,
    )


def _near(place: int, choice: LineChoice, line: TypedLine, part: PastPart, sight: RequestContext) -> NearbyChoice:
    words = specification(LineDraft(None, 1, choice.material, choice.colour, choice.finish), sight.catalogue)
    if choice.revision != part.row.revision:
        words = _("Version %(n)s of the file: %(words)s", n=choice.revision, words=words)
    return NearbyChoice(str(place), words, line.near == str(place))
