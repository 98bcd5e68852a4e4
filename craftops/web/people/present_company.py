"""Companies as their members see them."""

from __future__ import annotations

from flask import url_for

from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction, CompanyRole, actions_of
from craftops.services.people import companies
from craftops.store.views.people import CompanyView, InvitationView, MemberView, PersonView
from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice, FormField
from craftops.web.people.views import CompaniesPage, CompanyLine, CompanyPage, InvitationLine, MemberLine

ROLES = {
    CompanyRole.ADMIN.value: (_("Admin"), _("does everything, lets people in")),
    CompanyRole.BUYER.value: (_("Buyer"), _("orders, writes and decides")),
    CompanyRole.FINANCE.value: (_("Finance"), _("sees the orders, sees and pays invoices")),
    CompanyRole.VIEWER.value: (_("Viewer"), _("looks, and changes nothing")),
}


def role_choices(chosen: str) -> tuple[Choice, ...]:
    """The roles, with what each may do."""
    return tuple(Choice(key, str(title), key == chosen, str(note)) for key, (title, note) in ROLES.items())


def _names(values: dict[str, str], errors: dict[str, str]) -> tuple[FormField, ...]:
    return (
        FormField(
            "name", str(_("Name of the company")), "text", values.get("name", ""), "", errors.get("name", ""), True, (),
            "organization",
        ),
        FormField(
            "vat_id", str(_("VAT number")), "text", values.get("vat_id", ""), str(_("With its country: DE123456789.")),
            errors.get("vat_id", ""), False, (), "off",
        ),
    )  # fmt: skip


def companies_page(account: PersonView, values: dict[str, str], errors: dict[str, str]) -> CompaniesPage:
    """The companies of somebody, and the ways into one."""
    rows = companies.memberships_of(account.id)
    return CompaniesPage(
        mine=tuple(
            CompanyLine(
                row.company_name,
                url_for("portal.company", company_id=row.company_id) if row.state == companies.ACTIVE else "",
                str(ROLES[row.role][0]) if row.state == companies.ACTIVE else str(_("an admin has to let you in")),
            )
            for row in rows
        ),
        found=_names(values, errors),
        code=FormField(
            "code", str(_("Code of the company")), "text", values.get("code", ""),
            str(_("A colleague finds it on the company's page.")), errors.get("code", ""), True, (), "off",
        ),
    )  # fmt: skip


def _invitation(one: InvitationView, company_id: int) -> InvitationLine:
    url = url_for("portal.revoke_invitation", company_id=company_id, invitation_id=one.id)
    return InvitationLine(one.email, str(ROLES[one.role][0]), one.created_at, url)


def _manages(me: MemberView | None) -> bool:
    return me is not None and CompanyAction.MANAGE in actions_of(me.role)


def _standing(me: MemberView, company_id: int) -> tuple[str, str, str]:
    """What a member is there, what they may do, and where they leave."""
    title, note = ROLES[me.role]
    return str(title), str(note), url_for("portal.remove_member", company_id=company_id, member_id=me.id)


def company_page(
    row: CompanyView, actor: Actor, sight: RequestContext, values: dict[str, str], errors: dict[str, str]
) -> CompanyPage:
    """One company. Only admins get forms, the code and the invitations."""
    members = companies.members_of(row.id)
    me = next((one for one in members if one.account_id == actor.customer_id), None)
    manages = _manages(me)
    role, role_note, leave_url = _standing(me, row.id) if me else ("", "", "")
    active = [one for one in members if one.state == companies.ACTIVE]
    invited = companies.invitations_of(row.id, at=sight.now) if manages else []
    return CompanyPage(
        id=row.id,
        name=row.name,
        vat_id=row.vat_id,
        role=role,
        role_note=role_note,
        manages=manages,
        members=tuple(_member(one, row.id, actor) for one in active),
        asking=tuple(_member(one, row.id, actor) for one in members if one not in active and manages),
        code=row.code if manages else "",
        invitations=tuple(_invitation(one, row.id) for one in invited),
        names=_names({"name": row.name, "vat_id": row.vat_id} | values, errors) if manages else (),
        invite_email=FormField(
            "email", str(_("E-mail")), "email", values.get("email", ""), "", errors.get("email", ""), True, (), "off"
        ),
        roles=role_choices(values.get("role", "") or CompanyRole.BUYER.value),
        leave_url=leave_url,
        alone=len(active) == 1,
    )  # fmt: skip


def _member(one: MemberView, company_id: int, actor: Actor) -> MemberLine:
    return MemberLine(
        name=one.account_name,
        email=one.account_email,
        role=str(ROLES[one.role][0]),
        roles=role_choices(one.role),
        me=one.account_id == actor.customer_id,
        since=one.joined_at,
        change_url=url_for("portal.change_member", company_id=company_id, member_id=one.id),
        remove_url=url_for("portal.remove_member", company_id=company_id, member_id=one.id),
    )
