"""Second factors and passkeys as pages show them."""

from __future__ import annotations

from markupsafe import Markup

from craftops.domain.people import second_factor as domain
from craftops.services.people import passkeys, second_factor
from craftops.services.shop.context import Shop
from craftops.store.views.people import PersonView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.views import FormField
from craftops.web.machines.present import qr_svg
from craftops.web.people.views_factors import AppSetUp, FactorsPage, PasskeyLine


def app_set_up(email: str, secret: str, shop: str, error: str, proof: FormField | None = None) -> AppSetUp:
    """A secret as a page shows it."""
    address = domain.app_address(secret, email, shop)
    code = FormField("code", _("Code from the app"), "text", "", _("Six digits."), error, True, (), "one-time-code")
    qr = Markup(qr_svg(address, _("QR code for the app")))  # noqa: S704 - our own drawing
    groups = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return AppSetUp(email, qr, groups, address, code, proof)


def proof_field(row: PersonView, error: str) -> FormField | None:
    """What somebody shows before their ways to sign in change; None where a fresh sign-in is enough."""
    if second_factor.factors_of(row.id).app_since is not None:
        label, hint = _("Code from the app, or a recovery code"), _("So that nobody else does this.")
        return FormField("proof", label, "text", "", hint, error, True, (), "one-time-code")
    if row.has_password:
        hint = _("So that nobody else does this.")
        return FormField("proof", _("Password"), "password", "", hint, error, True, (), "current-password")
    return None


def factors_page(
    shop: Shop, row: PersonView, errors: dict[str, str], *, name: str = "", secret: str = ""
) -> FactorsPage:
    """How somebody signs in."""
    found = second_factor.factors_of(row.id)
    works_here = row.role in second_factor.WORKS_HERE
    proof = proof_field(row, errors.get("proof", ""))
    secret = secret if works_here and found.app_since is None else ""
    return FactorsPage(
        works_here=works_here,
        app_since=found.app_since,
        codes_left=found.codes_left,
        demanded=works_here and shop.sign_in.second_factor_of_staff,
        set_up=app_set_up(row.email, secret, shop.profile().name, errors.get("code", ""), proof) if secret else None,
        passkeys=tuple(
            PasskeyLine(one.id, one.name, one.created_at, one.used_at, one.synced) for one in passkeys.of_account(row)
        ),
        proof=proof,
        name=FormField(
            "name", _("Name"), "text", name, _("So that you know it again: “My telephone”."), errors.get("name", ""),
            True, (), "off",
        ),
        passkeys_possible=passkeys.are_possible(shop),
    )  # fmt: skip
