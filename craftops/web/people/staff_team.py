"""The owner's pages of people who work here, and of tokens for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import Role, Scope
from craftops.errors import IntakeError, RuleError
from craftops.services.people import accounts, second_factor, team
from craftops.services.shop.context import SIGN_IN
from craftops.store.queries import people
from craftops.store.views.people import TokenView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext, ngettext
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.sent_form import typed
from craftops.web.frame.views import Choice, FormField
from craftops.web.people.forms import SecondFactorForm, TeamForm, TeamInvitationForm, TokenEndForm, TokenForm
from craftops.web.people.views_team import TeamMember, TeamPage, TokenLine, TokensPage
from craftops.web.shop.kept_note import kept_note

Page = AnyResponse | tuple[str, int]
FRESH = "fresh_token"
ROLE_WORDS = {
    Role.STAFF: lazy_gettext("Works here"),
    Role.OWNER: lazy_gettext("Owner: settings and money, too"),
}
SCOPE_WORDS = {
    Scope.ORDERS_READ: lazy_gettext("See orders"),
    Scope.ORDERS_WRITE: lazy_gettext("Place and change orders"),
    Scope.FILES_READ: lazy_gettext("Fetch files"),
    Scope.FILES_WRITE: lazy_gettext("Send files"),
    Scope.MESSAGES_READ: lazy_gettext("Read messages"),
    Scope.MESSAGES_WRITE: lazy_gettext("Write messages"),
    Scope.INVOICES_READ: lazy_gettext("See invoices"),
    Scope.STAGES_WRITE: lazy_gettext("Move orders on"),
    Scope.MACHINES_READ: lazy_gettext("See machines"),
    Scope.MACHINES_WRITE: lazy_gettext("Report for machines"),
    Scope.METRICS_READ: lazy_gettext("Read the shop's measurements"),
}
DAYS = {
    "30": lazy_gettext("30 days"),
    "90": lazy_gettext("90 days"),
    "365": lazy_gettext("a year"),
    "": lazy_gettext("until I end it"),
}


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/team", view_func=team_page, methods=["GET", "POST"])
    blueprint.add_url_rule("/settings/team/change", view_func=change_member, methods=["POST"])
    blueprint.add_url_rule("/settings/team/second-factor", view_func=demand_second_factor, methods=["POST"])
    blueprint.add_url_rule("/settings/tokens", view_func=tokens, methods=["GET", "POST"])
    blueprint.add_url_rule("/settings/tokens/end", view_func=end_token, methods=["POST"])


def team_page() -> Page:
    """Everybody, and the form of an invitation."""
    actor().must_be_owner()
    errors: Mapping[str, str] = {}
    if request.method == "POST":
        try:
            row = team.invite(**dict(TeamInvitationForm.sent()), actor=actor(), at=sight().now)
        except IntakeError as error:
            errors = error.fields
        else:
            flash(_("%(name)s gets a mail with a link to sign in by.", name=row.name), "good")
            return redirect(url_for("staff.team_page"), 303)
    page = TeamPage(
        _members(), _invitation(errors), errors, _mail_ready(), current_shop().sign_in.second_factor_of_staff,
        kept_note(current_shop(), SIGN_IN),
    )  # fmt: skip
    return render_template("staff/team.html", page=page), 422 if errors else 200


def demand_second_factor() -> AnyResponse:
    """Whether everybody who works here needs a second factor."""
    wanted = SecondFactorForm.sent().wanted
    if team.demand_second_factor(current_shop(), wanted=wanted, actor=actor(), at=sight().now):
        said = _("From now on everybody who works here needs a second factor when they sign in.")
        flash(said if wanted else _("A second factor is everybody's own choice now."), "good")
    return redirect(url_for("staff.team_page"), 303)


def _mail_ready() -> bool:
    return any(one.ready and one.reaches_person for one in current_shop().plugins.notification_channels)


def _members() -> tuple[TeamMember, ...]:
    seen, factors = people.last_seen(), second_factor.factors_of_team()
    return tuple(
        TeamMember(
            row.id, row.name, row.email, _roles(row.role), str(ROLE_WORDS[Role(row.role)]), row.disabled,
            row.id == actor().id, row.has_password, seen.get(row.id),
            _factors(factors.get(row.id)),
        )
        for row in team.members()
    )  # fmt: skip


def _factors(found: second_factor.Factors | None) -> str:
    """ "app, 2 passkeys"."""
    app = [_("app")] if found is not None and found.app_since is not None else []
    keys = found.passkeys if found is not None else 0
    return ", ".join([*app, *([ngettext("%(num)s passkey", "%(num)s passkeys", keys)] if keys else [])])


def _roles(chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(role.value, str(ROLE_WORDS[role]), role.value == chosen) for role in team.ROLES)


def _invitation(errors: Mapping[str, str]) -> tuple[FormField, ...]:
    sent = typed()
    role = sent.get("role", Role.STAFF.value)
    return (
        FormField("name", _("Name"), "text", sent.get("name", ""), "", errors.get("name", ""), True, (), "off"),
        FormField("email", _("E-mail"), "email", sent.get("email", ""), "", errors.get("email", ""), True, (), "off"),
        FormField("role", _("Role"), "select", role, "", errors.get("role", ""), True, _roles(role)),
    )


def change_member() -> AnyResponse:
    """A role, an end, a new beginning, another link."""
    form, who, at = TeamForm.sent(), actor(), sight().now
    if form.do == "role":
        if form.role is None:
            raise RuleError(_("There is no such role."))
        row = team.set_role(form.member, form.role, actor=who, at=at)
        flash(_("%(name)s: %(role)s.", name=row.name, role=str(ROLE_WORDS[form.role])), "good")
    elif form.do == "reset":
        row = team.reset_factors(form.member, actor=who, at=at)
        flash(_("%(name)s signs in without a second factor, and is told so by mail.", name=row.name), "good")
    elif form.do in ("disable", "enable"):
        row = team.set_disabled(form.member, disabled=form.do == "disable", actor=who, at=at)
        said = _("%(name)s is signed out everywhere and cannot sign in any more.", name=row.name)
        flash(said if form.do == "disable" else _("%(name)s can sign in again.", name=row.name), "good")
    else:
        row = team.send_link(form.member, actor=who, at=at)
        flash(_("%(name)s gets a mail with a link to sign in by.", name=row.name), "good")
    return redirect(url_for("staff.team_page"), 303)


def tokens() -> Page:
    """All tokens, and the form of a new one, which is shown once."""
    actor().must_be_owner()
    errors: Mapping[str, str] = {}
    if request.method == "POST":
        try:
            session[FRESH] = _make_token()
        except IntakeError as error:
            errors = error.fields
        else:
            return redirect(url_for("staff.tokens"), 303)
    sent = typed()
    days = sent.get("days", "90")
    page = TokensPage(
        lines=tuple(_line(one) for one in people.tokens(200)),
        name=FormField(
            "name", _("What it is for"), "text", sent.get("name", ""), "", errors.get("name", ""), True, (), "off"
        ),
        customer=FormField(
            "customer", _("For one customer alone"), "email", sent.get("customer", ""),
            _("Their e-mail address: the token sees what they see. Empty: the whole shop."),
            errors.get("customer", ""), False, (), "off",
        ),
        days=FormField(
            "days", _("Good for"), "select", days, "", errors.get("days", ""), True,
            tuple(Choice(key, str(word), key == days) for key, word in DAYS.items()),
        ),
        scopes=tuple((one.value, str(SCOPE_WORDS[one]), one.value in sent.getlist("scopes")) for one in Scope),
        errors=errors,
        fresh=session.pop(FRESH, "") if request.method == "GET" else "",
        api_url="/api/v1/openapi.json",
    )  # fmt: skip
    return render_template("staff/tokens.html", page=page), 422 if errors else 200


def _make_token() -> str:
    form, at = TokenForm.sent(), sight().now
    scopes = frozenset(one for one in Scope if one.value in form.scopes)
    owner = people.active_customer_with(form.customer) if form.customer else None
    if form.customer and owner is None:
        fault = _("There is no customer with this address.")
        raise IntakeError(fault, {"customer": fault})
    until = at + timedelta(days=int(form.days)) if form.days else None
    return accounts.create_token(form.name, scopes, at=at, customer=owner, until=until, actor=actor())


def _line(row: TokenView) -> TokenLine:
    over = row.expires_at is not None and row.expires_at <= sight().now
    if row.revoked_at is not None:
        word, tone = _("ended"), "quiet"
    elif over:
        word, tone = _("expired"), "warn"
    else:
        word, tone = _("good"), "good"
    return TokenLine(
        row.id, row.name, tuple(str(SCOPE_WORDS[Scope(one)]) for one in row.scopes if one in list(Scope)),
        row.customer or "", word, tone, tone == "good", row.used_at, row.expires_at,
    )  # fmt: skip


def end_token() -> AnyResponse:
    """A token ends for good."""
    actor().must_be_owner()
    if not accounts.revoke_token(TokenEndForm.sent().token, at=sight().now, actor=actor()):
        raise RuleError(_("There is no such token in use."))
    flash(_("It has ended. Whatever used it is refused from now on."), "good")
    return redirect(url_for("staff.tokens"), 303)
