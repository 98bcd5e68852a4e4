"""Webhooks -> what their pages get."""

from __future__ import annotations

import orjson
from flask import url_for

from craftops.domain.integrations.webhooks import CHOOSABLE, DeliveryState
from craftops.errors import IntakeError
from craftops.services.integrations.endpoints import SAMPLE, EndpointDraft
from craftops.store.queries import integrations
from craftops.store.views.integrations import DeliveryView, EndpointView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import FormField, TodoItem
from craftops.web.integrations import labels
from craftops.web.integrations.views import (
    AttemptLine,
    DeliveryLine,
    DeliveryPage,
    EndpointForm,
    EndpointLine,
    EndpointPage,
    WebhooksPage,
)

SHOWN = 50


def name_of(row: EndpointView) -> str:
    """What an endpoint is called: its title, else its host."""
    return row.title or row.url.split("//", 1)[-1].split("/", 1)[0]


def form_of(now: EndpointView | EndpointDraft, error: IntakeError | None = None) -> EndpointForm:
    """The form of an endpoint as it is kept, or as it was typed and could not be used."""
    errors, sentence = (error.fields, error.sentence) if error is not None else ({}, "")
    title = FormField(
        "title", _("What it is for"), "text", now.title, _("For you alone."), errors.get("title", ""), False, (),
        "off",
    )  # fmt: skip
    return EndpointForm(
        url=FormField("url", _("Address"), "url", now.url, SAMPLE, errors.get("url", ""), True, (), "off"),
        title=title,
        kinds=tuple((one.value, labels.kind_words(one.value), one.value in now.kinds) for one in CHOOSABLE),
        inside=now.inside,
        errors=errors,
        sentence=sentence,
    )


def webhooks_page(form: EndpointForm) -> WebhooksPage:
    """All endpoints."""
    last = integrations.last_delivered()
    lines = tuple(
        EndpointLine(
            row.id, name_of(row), row.url, " · ".join(labels.kind_words(one) for one in row.kinds),
            labels.endpoint_chip(row), row.off_why, last.get(row.id),
        )
        for row in integrations.endpoints()
    )  # fmt: skip
    return WebhooksPage(lines, form)


def endpoint_page(row: EndpointView, form: EndpointForm, fresh: str, before: int | None) -> EndpointPage:
    """One endpoint and its log, the newest first."""
    found = integrations.deliveries_of(row.id, before, SHOWN + 1)
    shown = found[:SHOWN]
    errors = integrations.last_errors([one.id for one in shown])
    lines = tuple(
        DeliveryLine(
            one.id, one.kind, labels.kind_words(one.kind), labels.delivery_chip(one.state, one.attempts),
            one.created_at, one.next_at if one.attempts else None,
            errors.get(one.id, "") if one.state != DeliveryState.DELIVERED.value else "",
        )
        for one in shown
    )  # fmt: skip
    return EndpointPage(
        id=row.id,
        title=name_of(row),
        url=row.url,
        chip=labels.endpoint_chip(row),
        active=row.active,
        why=row.off_why,
        form=form,
        fresh=fresh,
        old_until=row.before_until if row.signs_with_two else None,
        lines=lines,
        older=shown[-1].id if len(found) > SHOWN else None,
        lost=integrations.lost(row.id),
    )


def delivery_page(endpoint: EndpointView, row: DeliveryView) -> DeliveryPage:
    """One delivery: what is sent, and what came back each time."""
    return DeliveryPage(
        endpoint=endpoint.id,
        endpoint_title=name_of(endpoint),
        id=row.id,
        words=labels.kind_words(row.kind),
        chip=labels.delivery_chip(row.state, row.attempts),
        at=row.created_at,
        next_at=row.next_at if row.attempts else None,
        url=endpoint.url,
        message_id=row.message_id,
        body=orjson.dumps(orjson.loads(row.body), option=orjson.OPT_INDENT_2).decode(),
        inside=endpoint.inside,
        active=endpoint.active,
        tries=tuple(
            AttemptLine(one.at, labels.attempt_chip(one), one.error, one.answer, f"{one.took_ms} ms")
            for one in integrations.attempts_of(row.id, SHOWN)
        ),
    )


def todo(_sight: RequestContext) -> list[TodoItem]:
    """Endpoints that CraftOps has switched off."""
    return [
        TodoItem(
            url_for("staff.webhook", endpoint_id=row.id), _("Webhook"),
            _("%(name)s is told nothing any more", name=name_of(row)), row.off_why, row.failing_since, "", None,
        )
        for row in integrations.switched_off()
    ]  # fmt: skip
