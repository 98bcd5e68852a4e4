"""What programs propose: read, changed, confirmed or declined by people of the shop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders.workflow import Stage
from craftops.errors import IntakeError, RuleError
from craftops.services.integrations import proposals
from craftops.services.integrations.proposals import ProposalKind
from craftops.store.queries import integrations as queries
from craftops.store.views.integrations import ProposalView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext, actor, current_shop, sight
from craftops.web.frame.views import Chip, FormField, TodoItem
from craftops.web.integrations.forms import DecisionForm
from craftops.web.orders.labels import STAGE_TITLES

LAST = 20


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """A proposal in a list."""

    key: str
    title: str
    by: str
    at: datetime
    chip: Chip | None
    decided_by: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class AssistantProposalPage:
    """``staff/assistant_proposal.html``. ``text`` is the answer to be changed, where it is one."""

    line: ProposalLine
    code: str
    order_title: str
    customer: str
    stage: str
    reason: str
    value: str
    text: FormField | None
    error: str
    is_open: bool


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/assistant", view_func=assistant)
    blueprint.add_url_rule("/assistant/<proposal_key>", view_func=assistant_proposal, methods=["GET", "POST"])


def _title(row: ProposalView) -> str:
    code = row.order.code if row.order else ""
    if row.kind == ProposalKind.ANSWER.value:
        return _("Answer about %(code)s", code=code)
    return _("Move %(code)s: %(stage)s", code=code, stage=str(STAGE_TITLES[Stage(row.body["value"])]))


def _line(row: ProposalView) -> ProposalLine:
    chips = {
        proposals.DONE: Chip(_("confirmed"), "good", "check"),
        proposals.DECLINED: Chip(_("declined"), "quiet", "x"),
    }
    return ProposalLine(
        row.key, _title(row), row.by_name, row.made_at, chips.get(row.state), row.decided_by, row.decided_at
    )


def assistant() -> str:
    """Those that wait, and the last that were decided."""
    waiting = [_line(row) for row in proposals.open_ones(sight().now)]
    return render_template(
        "staff/assistant.html", waiting=waiting, past=[_line(row) for row in queries.decided_proposals(LAST)]
    )


def assistant_proposal(proposal_key: str) -> AnyResponse | tuple[str, int]:
    """One proposal: what would happen, and the buttons that let it or do not."""
    row, error = proposals.proposal(proposal_key), ""
    value = row.body["value"]
    if request.method == "POST":
        form = DecisionForm.sent()
        value = form.text
        try:
            return _decide(row, form)
        except (IntakeError, RuleError) as refused:
            error = refused.sentence
            row = proposals.proposal(proposal_key)
    return render_template("staff/assistant_proposal.html", page=_page(row, value, error)), 422 if error else 200


def _decide(row: ProposalView, form: DecisionForm) -> AnyResponse:
    who, at = actor(), sight().now
    if form.do == "confirm":
        done = proposals.confirm(current_shop(), row.key, form.text, actor=who, at=at)
        said = _("The answer is sent.") if done.kind == ProposalKind.ANSWER.value else _("The order is moved.")
        flash(said, "good")
    else:
        proposals.decline(row.key, actor=who, at=at)
        flash(_("Declined. Nothing has happened."), "good")
    return redirect(url_for("staff.assistant"), 303)


def _page(row: ProposalView, value: str, error: str) -> AssistantProposalPage:
    order, answers = row.order, row.kind == ProposalKind.ANSWER.value
    is_open = row.state == proposals.OPEN
    field = FormField("text", _("The answer, as it will be sent"), "textarea", value, "", "", True)
    return AssistantProposalPage(
        line=_line(row),
        code=order.code if order else "",
        order_title=order.title if order else "",
        customer=order.customer if order else "",
        stage=str(STAGE_TITLES[Stage(order.stage)]) if order else "",
        reason=row.reason,
        value=row.body["value"] if answers else str(STAGE_TITLES[Stage(row.body["value"])]),
        text=field if answers and is_open else None,
        error=error,
        is_open=is_open,
    )


def todo(context: RequestContext) -> list[TodoItem]:
    """What waits for somebody."""
    return [
        TodoItem(
            url_for("staff.assistant_proposal", proposal_key=row.key), row.order.code if row.order else "", _title(row),
            row.by_name, row.made_at, "", None,
        )
        for row in proposals.open_ones(context.now)
    ]  # fmt: skip
