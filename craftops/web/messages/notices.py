"""What the mail about a message says."""

from __future__ import annotations

from craftops.domain.messages.notices import CUSTOMER_WROTE, MESSAGE, WAITS
from craftops.web.frame.capability import NoticeText
from craftops.web.frame.language.translation import gettext as _

NOTICES = {
    MESSAGE: NoticeText(
        lambda title: _("A message about your order: %(title)s", title=title),
        lambda _order: _("We have written to you."),
    ),
    CUSTOMER_WROTE: NoticeText(
        lambda title: _("A customer has written: %(title)s", title=title),
        lambda _order: _("A customer has written."),
    ),
    WAITS: NoticeText(
        lambda shop: _("%(shop)s: what waits", shop=shop),
        lambda _order: _("This waits for somebody of the shop:"),
    ),
}
