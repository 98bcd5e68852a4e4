"""What mails about signing in say."""

from __future__ import annotations

from flask_babel import gettext as _

from craftops.web.frame.capability import NoticeText

NOTICES = {
    "sign_in_link": NoticeText(
        lambda shop: _("Your sign-in link for %(shop)s", shop=shop),
        lambda _order: _(
            "Use the button within fifteen minutes. It works once. If you did not ask for it, do nothing."
        ),
    ),
    "lost_links": NoticeText(
        lambda shop: _("Your orders at %(shop)s", shop=shop),
        lambda _order: _(
            "Here are the links to your open orders. They open without signing in, so keep this mail to yourself. "
            "If you did not ask for it, do nothing."
        ),
    ),
}
