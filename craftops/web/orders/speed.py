"""How soon an order that is being written would be ready, whether it may go first for a share of its price, and what
speaks against making it."""

from __future__ import annotations

from collections.abc import Iterable

from craftops.domain.billing.pricing import PriceMode
from craftops.domain.estimation.estimate import Window
from craftops.errors import IntakeError
from craftops.services.billing.settings import billing_settings
from craftops.services.orders import foreseeing
from craftops.services.orders.ordering import LineDraft
from craftops.web.billing.order_price import rows_of
from craftops.web.billing.present_papers import percent
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.orders.suiting import cautions
from craftops.web.orders.views_speed import OrderSpeed


def speed_of(drafts: Iterable[LineDraft], sight: RequestContext, *, wants: bool, sells: bool = True) -> OrderSpeed:
    """Both windows by today's queue; a rush, which the customer may want (``wants``), only where the shop sells one
    (``sells``) and it brings something."""
    rows = list(rows_of(drafts))
    if not rows:
        return OrderSpeed()
    prices = billing_settings(sight.shop, sight.profile).prices
    wants = wants and sells
    on_sale = sells and prices.rush > 0 and prices.speaks and prices.mode is not PriceMode.HIDDEN
    found = foreseeing.foresee(sight.shop, rows, at=sight.now, rush=on_sale)
    usual, against = _said(found.usual, sight), cautions(rows, sight)
    if not found.gains:
        return OrderSpeed(usual, refused=wants, cautions=against)
    return OrderSpeed(usual, _said(found.first, sight), percent(prices.rush), wants, cautions=against)


def checked(drafts: Iterable[LineDraft], sight: RequestContext, *, wants: bool) -> bool:
    """Whether an order is a rush. Raises IntakeError where it is wanted (``wants``) and brings nothing by now."""
    if not wants:
        return False
    found = speed_of(drafts, sight, wants=True)
    if found.refused:
        raise IntakeError(_("A rush would bring nothing now, so we do not sell it. The price below is without it."))
    return found.chosen


def _said(window: Window | None, sight: RequestContext) -> str:
    return labels.window(window.start, window.end, sight.profile.zone, sight.now) if window else ""
