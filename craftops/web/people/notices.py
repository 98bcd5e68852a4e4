"""What mails about signing in say."""

from __future__ import annotations

from craftops.web.frame.capability import NoticeText
from craftops.web.frame.language.translation import gettext as _

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
    "company_invitation": NoticeText(
        lambda shop: _("An invitation to a company account at %(shop)s", shop=shop),
        lambda _order: _(
            "You are invited to see your company's orders. The link is good for two weeks and works once. "
            "If you do not know the company, do nothing."
        ),
    ),
    "new_address": NoticeText(
        lambda shop: _("Your new e-mail address at %(shop)s", shop=shop),
        lambda _order: _(
            "Somebody wants to use this address for their account. If it was you, use the button within a day. "
            "If not, do nothing."
        ),
    ),
    "old_address": NoticeText(
        lambda shop: _("Your e-mail address at %(shop)s was changed", shop=shop),
        lambda _order: _(
            "Your account has another e-mail address now, and this one gets no more mails. "
            "If it was not you, tell us at once."
        ),
    ),
    "factor_changed": NoticeText(
        lambda shop: _("How you sign in at %(shop)s has changed", shop=shop),
        lambda _order: _(
            "An authenticator app or a passkey was added to your account, or taken away from it. "
            "If it was not you, tell the owner of the shop at once."
        ),
    ),
}
