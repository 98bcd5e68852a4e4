"""Company accounts: found one, join one, let colleagues in and give them roles, leave."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import Actor, Role
from craftops.domain.people.companies import CompanyAction, actions_of
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.people import companies, joining
from craftops.store.viewing import person_view
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext, account, actor, current_shop, roles, sight
from craftops.web.people import signin
from craftops.web.people.forms import ColleagueForm, CompanyCodeForm, CompanyForm, CompanyRoleForm, InvitedForm
from craftops.web.people.present_company import ROLES, companies_page, company_page
from craftops.web.people.views import AskingMember, JoinPage

joins = Blueprint("join", __name__, url_prefix="/join")


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/companies", view_func=own_companies)
    blueprint.add_url_rule("/companies", view_func=found_company, methods=["POST"])
    blueprint.add_url_rule("/companies/join", view_func=ask_to_join, methods=["POST"])
    blueprint.add_url_rule("/companies/<int:company_id>", view_func=company)
    for rule, view in (
        ("", change_company),
        ("/code", renew_code),
        ("/invitations", invite_member),
        ("/invitations/<int:invitation_id>/revoke", revoke_invitation),
        ("/members/<int:member_id>", change_member),
        ("/members/<int:member_id>/remove", remove_member),
    ):
        blueprint.add_url_rule(f"/companies/<int:company_id>{rule}", view_func=view, methods=["POST"])


def _customer() -> None:
    if account().role != Role.CUSTOMER.value:
        raise AccessError


def own_companies() -> str:
    """The companies of somebody, and the ways into one."""
    _customer()
    return render_template("portal/companies.html", page=companies_page(account(), {}, {}))


def found_company() -> AnyResponse | tuple[str, int]:
    """A new one."""
    _customer()
    values = dict(CompanyForm.sent())
    try:
        row = companies.found(account(), **values, at=sight().now)
    except IntakeError as error:
        return render_template("portal/companies.html", page=companies_page(account(), values, error.fields)), 422
    flash(_("%(name)s is here. Let your colleagues in.", name=row.name), "good")
    return redirect(url_for("portal.company", company_id=row.id), 303)


def ask_to_join() -> AnyResponse | tuple[str, int]:
    """With the code that a colleague has told."""
    _customer()
    values = dict(CompanyCodeForm.sent())
    try:
        row = companies.ask_to_join(account(), values["code"], at=sight().now)
    except (IntakeError, RuleError) as error:
        faults = getattr(error, "fields", {}) or {"code": f"{error.sentence} {getattr(error, 'instead', '')}".strip()}
        return render_template("portal/companies.html", page=companies_page(account(), values, faults)), 422
    flash(_("Asked. An admin of %(name)s lets you in.", name=row.name), "good")
    return redirect(url_for("portal.own_companies"), 303)


def company(company_id: int) -> str:
    """One company: who is in it, and for admins everything else."""
    row = companies.company(actor(), company_id)
    return render_template("portal/company.html", page=company_page(row, actor(), sight(), {}, {}))


def _here(company_id: int) -> AnyResponse:
    return redirect(url_for("portal.company", company_id=company_id), 303)


def change_company(company_id: int) -> AnyResponse | tuple[str, int]:
    """What it is called."""
    values = dict(CompanyForm.sent())
    try:
        companies.change(actor(), company_id, **values)
    except IntakeError as error:
        return _faulty(company_id, values, error)
    flash(_("Kept."), "good")
    return _here(company_id)


def _faulty(company_id: int, values: dict[str, str], error: IntakeError) -> tuple[str, int]:
    row = companies.company(actor(), company_id)
    page = company_page(row, actor(), sight(), values, error.fields)
    return render_template("portal/company.html", page=page), 422


def renew_code(company_id: int) -> AnyResponse:
    """A code that got about too far."""
    companies.renew_code(actor(), company_id)
    flash(_("There is a new code. The old one lets nobody ask any more."), "good")
    return _here(company_id)


def invite_member(company_id: int) -> AnyResponse | tuple[str, int]:
    """By e-mail."""
    values = dict(ColleagueForm.sent())
    try:
        row = joining.invite(current_shop(), company_id, **values, actor=actor(), at=sight().now)
    except IntakeError as error:
        return _faulty(company_id, values, error)
    except RuleError as error:
        companies.company(actor(), company_id)
        flash(f"{error.sentence} {error.instead}".strip(), "bad")
    else:
        flash(_("An invitation is on its way to %(email)s.", email=row.email), "good")
    return _here(company_id)


def revoke_invitation(company_id: int, invitation_id: int) -> AnyResponse:
    """Not them after all."""
    companies.revoke_invitation(actor(), company_id, invitation_id, at=sight().now)
    flash(_("Taken back."), "good")
    return _here(company_id)


def change_member(company_id: int, member_id: int) -> AnyResponse:
    """Another role; for somebody who asks, their first."""
    try:
        companies.set_role(actor(), company_id, member_id, CompanyRoleForm.sent().role, at=sight().now)
    except RuleError as error:
        companies.company(actor(), company_id)
        flash(f"{error.sentence} {error.instead}".strip(), "bad")
    else:
        flash(_("Kept."), "good")
    return _here(company_id)


def remove_member(company_id: int, member_id: int) -> AnyResponse:
    """Somebody goes: sent away, not let in, or by themselves."""
    companies_before = {row.id for row in companies.memberships_of(account().id)}
    try:
        companies.remove(actor(), company_id, member_id, at=sight().now)
    except RuleError as error:
        companies.company(actor(), company_id)
        flash(f"{error.sentence} {error.instead}".strip(), "bad")
        return _here(company_id)
    if member_id in companies_before:
        flash(_("You have left."), "good")
        return redirect(url_for("portal.own_companies"), 303)
    flash(_("They see nothing of this company any more."), "good")
    return _here(company_id)


def asking_panel(_sight: RequestContext, actor: Actor) -> tuple[AskingMember, ...] | None:
    """Who asks to join, on the home of the admins."""
    if actor.customer_id is None:
        return None
    decides = any(CompanyAction.MANAGE in actions_of(role) for role in roles().values())
    found = companies.asking(actor) if decides else []
    return tuple(
        AskingMember(
            row.account_name, row.account_email, row.company_name,
            url_for("portal.company", company_id=row.company_id),
        )
        for row in found
    ) or None  # fmt: skip


@joins.after_request
def keep_to_itself(response: Response) -> Response:
    """The address is a key."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@joins.get("/<token>")
def invitation(token: str) -> tuple[str, int]:
    """The page behind an invitation's link: looking changes nothing."""
    return _invitation(token, "", "")


def _invitation(token: str, name: str, error: str) -> tuple[str, int]:
    try:
        row = joining.shown(token, at=sight().now)
    except AccessError:
        return render_template("portal/join_over.html"), 410
    known = row.known
    here = url_for("join.invitation", token=token)
    signed_in = account().id if current_user.is_authenticated else None
    page = JoinPage(
        token=token,
        company=row.company,
        by=row.by_name,
        role=str(ROLES[row.role][0]),
        email=row.email,
        is_new=known is None,
        closed=known is None and not joining.may_be_new(current_shop()),
        sign_in_url=url_for("signin.sign_in", next=here) if known is not None and known.id != signed_in else "",
        name=name,
        error=error,
    )
    return render_template("portal/join.html", page=page), 422 if error else 200


@joins.post("/<token>")
def accept_invitation(token: str) -> AnyResponse | tuple[str, int]:
    """The click."""
    name = InvitedForm.sent().name
    signed_in = account().id if current_user.is_authenticated else None
    try:
        who, row, is_new = joining.accept(current_shop(), token, signed_in=signed_in, name=name, at=sight().now)
    except IntakeError as error:
        return _invitation(token, name, error.fields.get("name", error.sentence))
    if is_new:
        signin.let_in(person_view(who), how="link")
    flash(_("Welcome to %(name)s.", name=row.name), "good")
    return redirect(url_for("portal.company", company_id=row.id), 303)
