"""What messages hand to the composition root."""

from __future__ import annotations

from craftops.domain.messages.notices import notice_of
from craftops.tasks import messages as tasks
from craftops.web.frame.capability import Capability, HomePanel, MenuEntry, OrderPanel, Room, SettingsEntry, TodoKind
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.frame.security import PUBLIC
from craftops.web.messages import (
    api,
    guest,
    live,
    portal,
    portal_notices,
    present,
    present_held,
    present_staff,
    present_unsent,
    questions,
    staff,
    staff_canned,
    staff_held,
    staff_mail,
    staff_notices,
)
from craftops.web.messages.notices import NOTICES

MESSAGES = Capability(
    "messages",
    api=(api.add_to,),
    portal=(portal.add_to, portal_notices.add_to, questions.add_to_portal),
    rooms=(Room(portal_notices.blueprint, PUBLIC), Room(questions.public, PUBLIC), Room(guest.blueprint, PUBLIC)),
    staff=(
        staff_canned.add_to,
        staff_held.add_to,
        questions.add_to_staff,
        staff.add_to,
        staff_mail.add_to,
        staff_notices.add_to,
    ),
    menu=(
        MenuEntry(
            "staff.inbox",
            _("Messages"),
            "message",
            "e",
            45,
            ("staff.thread", "staff.canned", "staff.new_canned", "staff.edit_canned", "staff.held"),
        ),
    ),
    portal_panels=(
        OrderPanel("portal/_questions.html", questions.open_panel, 1, first=True),
        OrderPanel("portal/_thread.html", present.thread_panel, 10),
    ),
    staff_panels=(
        OrderPanel("portal/_thread.html", present.thread_panel, 10),
        OrderPanel("staff/_asked.html", questions.asked_panel, 15),
        OrderPanel("staff/_notes.html", present_staff.notes_panel, 20),
    ),
    home_panels=(
        HomePanel("portal/_asked_home.html", questions.home_panel, 1),
        HomePanel("portal/_unread.html", portal.unread_panel, 10),
    ),
    todo={
        "reply": TodoKind(
            _("Waiting for an answer"), "message", _("Nobody waits for an answer."), present_staff.todo, 15
        ),
        "held": TodoKind(_("Mails without a place"), "mail", _("Every mail has its place."), present_held.todo, 16),
        "unsent": TodoKind(
            _("Mails that do not go out"), "mail", _("Every mail has gone out."), present_unsent.todo, 17
        ),
    },
    settings=(
        SettingsEntry("staff.mail_settings", _("Mail"), "mail", 40),
        SettingsEntry("staff.notices_settings", _("Notices"), "bell", 45),
    ),
    topics=live.TOPICS,
    notices=NOTICES,
    notice_of=notice_of,
    work=tasks.WORK,
    every_minute=tasks.EVERY_MINUTE,
)
