"""The thread of an order as either side sees it. Internal notes are not in here, and cannot be."""

from __future__ import annotations

from flask import request, url_for

from craftops.domain.files.designs import Verdict
from craftops.domain.messages.thread import ANSWERING, Side
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction
from craftops.services.files import intake, revising
from craftops.services.messages.attachments import UNREADABLE, WAITING
from craftops.services.messages.conversation import side_of
from craftops.services.shop.context import Shop
from craftops.store.queries import messages as queries
from craftops.store.queries import order_lines
from craftops.store.queries.message_pages import file_names
from craftops.store.queries.messages import Conversation, StoredAttachment, StoredMessage, ThreadState
from craftops.store.views.files import FileView
from craftops.store.views.orders import OrderView
from craftops.web.files import labels as file_labels
from craftops.web.files.present import picture_url
from craftops.web.frame import labels
from craftops.web.frame.keeping import kept
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.one_time import one_time_key
from craftops.web.frame.request_context import RequestContext, allowed
from craftops.web.frame.views import Choice
from craftops.web.messages.present_canned import choices as canned_choices
from craftops.web.messages.text import linked
from craftops.web.messages.views import AttachmentCard, Composer, DraftFile, MessageCard, ThreadPanel, UsePage

AT_ONCE = 40
"""Messages that a page shows before it is asked for the earlier ones."""
EVERYTHING = 100_000
RIDING = ".pdf,.png,.jpg,.jpeg,.webp,.gif,.heic,.step,.stp"
VIAS = {"mail": __("by mail"), "link": __("by a link, without signing in"), "api": __("by a program")}
TONES = {Verdict.ACCEPTED: "good", Verdict.FINDINGS: "warn", Verdict.REFUSED: "bad"}


def thread_panel(order: OrderView, sight: RequestContext, actor: Actor) -> ThreadPanel:
    """The conversation of an order, with the box to write in."""
    return panel_of(order, read(order, actor), sight, actor)


def read(order: OrderView, actor: Actor) -> Conversation:
    """The thread of an order, as far back as the reader has asked for."""
    most = EVERYTHING if request.args.get("messages") == "all" else AT_ONCE
    return queries.conversation_of(order.id, actor.id or 0, most=most)


def panel_of(order: OrderView, talk: Conversation, sight: RequestContext, actor: Actor) -> ThreadPanel:
    """The same of a thread that was read already."""
    mine, state, stored, may = side_of(actor), talk.state, talk.messages, allowed(order)
    theirs = [one.id for one in stored if one.side != mine.value]
    earlier = state.count - len(stored)
    return ThreadPanel(
        code=order.code,
        messages=tuple(_message(one, talk.attachments.get(one.id, []), order, actor, state) for one in stored),
        count=state.count,
        earlier=earlier,
        earlier_url=f"{request.path}?messages=all#messages" if earlier > 0 else "",
        new=sum(1 for one in theirs if one > state.read_to),
        newest=stored[-1].id if stored else 0,
        read_url=url_for(f"{_face(actor)}.read_messages", code=order.code),
        seen=_seen(stored, state, mine),
        empty=_("Nobody has written yet.")
        if actor.is_staff or CompanyAction.WRITE not in may
        else _("Ask us anything about this order. We answer here, and you get a mail."),
        composer=_composer(order, sight, actor, state, stored) if CompanyAction.WRITE in may else None,
        writing=_writing(order, sight, actor.id or 0) if actor.is_staff else "",
        for_staff=actor.is_staff,
    )


def _face(actor: Actor) -> str:
    return "staff" if actor.is_staff else "portal"


def _seen(stored: tuple[StoredMessage, ...], state: ThreadState, mine: Side) -> str:
    """Whether the other side has read the newest message, where that is ours."""
    if not stored or stored[-1].side != mine.value:
        return ""
    if mine is Side.SHOP:
        return _("Read by the customer") if state.customer_read >= stored[-1].id else _("Not read yet")
    return _("Read by us") if state.shop_read >= stored[-1].id else _("Sent")


def _writing(order: OrderView, sight: RequestContext, reader: int) -> str:
    others = queries.writing_now(order.id, reader, sight.now - ANSWERING)
    return _("%(name)s is writing an answer.", name=", ".join(others[:2])) if others else ""


def _message(
    one: StoredMessage, files: list[StoredAttachment], order: OrderView, actor: Actor, state: ThreadState
) -> MessageCard:
    mine = one.side == side_of(actor).value
    return MessageCard(
        id=one.id,
        side=one.side,
        mine=mine,
        author=_("You") if one.author_id is not None and one.author_id == actor.id else one.author_name,
        at=one.at,
        body=linked(one.body),
        folded=one.folded,
        via=str(VIAS.get(one.via, "")),
        via_icon="mail" if one.via == "mail" else "link",
        away=one.away,
        files=tuple(_attachment(file, order, actor) for file in files),
        new=not mine and one.id > state.read_to,
    )


def _small_url(one: StoredAttachment, order: OrderView) -> str:
    """Its picture in small, or empty."""
    if one.small_sha:
        return url_for("portal.attachment", code=order.code, attachment_id=one.id)
    return url_for("portal.picture", file_id=one.file_id, v=one.picture_sha[:8]) if one.picture_sha else ""


def _attachment(one: StoredAttachment, order: OrderView, actor: Actor) -> AttachmentCard:
    kind = "design" if one.format else "picture" if one.state == WAITING or one.small_sha else "document"
    fetch = url_for("portal.download", file_id=one.file_id) if one.state not in (WAITING, UNREADABLE) else ""
    makeable = bool(one.format) and one.verdict not in (Verdict.REFUSED.value, Verdict.COMPANION.value)
    return AttachmentCard(
        id=one.id,
        file_id=one.file_id,
        kind=kind,
        name=one.name,
        size=labels.size(one.size),
        url=fetch,
        small_url=_small_url(one, order),
        width=one.width or 512,
        height=one.height or 512,
        note=_note(one),
        tone=TONES.get(Verdict(one.verdict), "quiet"),
        view_url=url_for("portal.view", file_id=one.file_id) if one.model_sha else "",
        order_url=url_for("portal.new_order", files=one.file_id) if makeable and not actor.is_staff else "",
        use_url=url_for(f"{_face(actor)}.use_attachment", code=order.code, file=one.file_id)
        if makeable and Stage(order.stage) in revising.OPEN_TO_ALL and CompanyAction.DECIDE in allowed(order)
        else "",
    )


def _note(one: StoredAttachment) -> str:
    if one.state == WAITING:
        return _("The picture is being prepared.")
    if one.state == UNREADABLE:
        return _("We could not open this picture. Please send it as JPEG or PNG.")
    if not one.format:
        return ""
    return one.sentence or str(file_labels.VERDICTS[Verdict(one.verdict)])


def accepted(shop: Shop) -> str:
    """What a message may carry, as the ``accept`` of a file field."""
    return ",".join([*(f".{one}" for one in intake.endings(shop)), *RIDING.split(",")])


def _taken(shop: Shop) -> tuple[str, str]:
    """What a message may carry, for a file field and as words."""
    formats, most = intake.formats(shop), shop.config.document.files.max_mb
    named = ", ".join(one.upper() for one in formats)
    return accepted(shop), _("%(formats)s, PDF, pictures, STEP; up to %(mb)s MB each", formats=named, mb=most)


def _composer(
    order: OrderView, sight: RequestContext, actor: Actor, state: ThreadState, stored: tuple[StoredMessage, ...]
) -> Composer:
    face = _face(actor)
    own = max((one.id for one in stored if one.author_id == actor.id), default=0)
    accept, takes = kept("what messages take", sight.settings, lambda: _taken(sight.shop))
    return Composer(
        key=str(own),
        token=one_time_key(),
        seen=stored[-1].id if stored else 0,
        text=state.draft,
        files=_draft_files(state.draft_files),
        send_url=url_for(f"{face}.send_message", code=order.code),
        draft_url=url_for(f"{face}.keep_draft", code=order.code),
        upload_url=url_for("uploads.create"),
        accept=accept,
        takes=takes,
        label=_("Write to %(name)s", name=order.customer.name if actor.is_staff else sight.profile.name),
        button=_("Send to the customer") if actor.is_staff else _("Send"),
        hint=_("The customer reads this, here and by mail.") if actor.is_staff else "",
        canned=canned_choices(order) if actor.is_staff else (),
        canned_url=url_for("staff.use_canned", code=order.code) if actor.is_staff else "",
    )  # fmt: skip


def _draft_files(ids: tuple[int, ...]) -> tuple[DraftFile, ...]:
    if not ids:
        return ()
    known = file_names(ids)
    return tuple(DraftFile(one, known[one][0], labels.size(known[one][1])) for one in ids if one in known)


def use_page(order: OrderView, file: FileView, face: str) -> UsePage:
    """The choice of the line whose new version a file becomes."""
    lines = [(line, revising.why_line_closed(order.stage, line.id)) for line in order_lines.lines_of(order.id)]
    open_ = [line.id for line, why in lines if not why]
    return UsePage(
        code=order.code,
        title=order.title,
        name=file.name,
        small_url=picture_url(file),
        file_id=file.id,
        lines=tuple(
            Choice(str(line.id), line.title, line.id == open_[0] if open_ else False, why) for line, why in lines
        ),
        url=url_for(f"{face}.use_attachment", code=order.code),
        back_url=url_for(f"{face}.order", code=order.code, _anchor="messages"),
    )
