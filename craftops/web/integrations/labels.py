"""Webhooks in words."""

from __future__ import annotations

from craftops.domain.integrations.webhooks import DeliveryState, WebhookKind
from craftops.store.views.integrations import AttemptView, EndpointView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext
from craftops.web.frame.views import Chip

KIND_WORDS = {
    WebhookKind.ORDER_CREATED: lazy_gettext("An order came in"),
    WebhookKind.STAGE_CHANGED: lazy_gettext("An order moved to another stage"),
    WebhookKind.ESTIMATE_MOVED: lazy_gettext("The expected completion moved"),
    WebhookKind.MESSAGE_POSTED: lazy_gettext("A message was written"),
    WebhookKind.FILE_JUDGED: lazy_gettext("A file was checked"),
    WebhookKind.INVOICE_ISSUED: lazy_gettext("An invoice was issued"),
    WebhookKind.INVOICE_PAID: lazy_gettext("An invoice was paid"),
    WebhookKind.PARCEL_LABELLED: lazy_gettext("A parcel got its label"),
    WebhookKind.PARCEL_DELIVERED: lazy_gettext("A parcel was delivered"),
    WebhookKind.TEST: lazy_gettext("Test"),
}


def kind_words(kind: str) -> str:
    """What an event is, for people."""
    return str(KIND_WORDS[WebhookKind(kind)])


def endpoint_chip(row: EndpointView) -> Chip:
    """How it stands with an endpoint."""
    if not row.active:
        return Chip(_("off"), "bad" if row.off_why else "quiet", "ban")
    if row.failing_since is not None:
        return Chip(_("does not take it"), "warn", "alert-triangle")
    return Chip(_("on"), "good", "check")


def delivery_chip(state: str, attempts: int) -> Chip:
    """How it stands with a delivery."""
    if state == DeliveryState.WAITING.value and attempts:
        return Chip(_("tried again"), "warn", "repeat")
    return {
        DeliveryState.WAITING: Chip(_("on its way"), "calm", "progress"),
        DeliveryState.DELIVERED: Chip(_("delivered"), "good", "check"),
        DeliveryState.FAILED: Chip(_("failed"), "bad", "x"),
        DeliveryState.STOPPED: Chip(_("not sent"), "quiet", "ban"),
    }[DeliveryState(state)]


def attempt_chip(row: AttemptView) -> Chip:
    """What came of a request."""
    if row.status is None:
        return Chip(_("no answer"), "bad", "x")
    good = 200 <= row.status < 300
    return Chip(f"HTTP {row.status}", "good" if good else "bad", "check" if good else "x")
