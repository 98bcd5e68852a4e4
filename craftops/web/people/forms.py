"""What the forms of people send: signing in, accounts, companies, the team, tokens."""

from __future__ import annotations

from typing import Annotated, Literal

from craftops.domain.people.access import Role
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.sent_form import Line, Number, Says, SentForm, Texts, Ticked, cut

Code = Annotated[str, cut(100)]


class OnwardForm(SentForm):
    """Where somebody wants to go once they are signed in."""

    next: str = ""


class SignInForm(OnwardForm):
    """An address and its password."""

    email: str = ""
    password: str = ""


class SignInLinkForm(OnwardForm):
    """Where a link to sign in by is sent, or the links to lost orders."""

    email: Line = ""


class PasskeyForm(OnwardForm):
    """What a device has answered."""

    credential: str = ""


class LanguageForm(SentForm):
    """Another language."""

    language: str = ""


class FactorCodeForm(SentForm):
    """A code of an app, or a recovery code."""

    code: Code = ""


class ProofForm(SentForm):
    """A password or a code: is it them?"""

    proof: Annotated[str, cut(1000)] = ""


class PasskeyNameForm(SentForm):
    """What a new passkey is called."""

    name: str = ""


class PasskeyRemovalForm(SentForm):
    """Which passkey goes."""

    passkey: Annotated[Number, Says(__("Say which."))]


class PersonForm(SentForm):
    """Who somebody is."""

    name: str = ""
    phone: str = ""
    language: str = ""
    timezone: str = ""


class PasswordForm(SentForm):
    """A new password."""

    old: str = ""
    new: str = ""


class NewEmailForm(SentForm):
    """Another e-mail address, and the password."""

    email: str = ""
    email_password: str = ""


class SessionsForm(SentForm):
    """Which browser is signed out; None for all others."""

    session: Annotated[Number | None, Says(__("Say which."))] = None


class ErasureForm(SentForm):
    """The e-mail address, by which somebody says that they are sure."""

    sure: Line = ""


class AddressForm(SentForm):
    """A postal address."""

    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    phone: str = ""


class UsualForm(SentForm):
    """Whether an address is the usual one."""

    usual: Ticked = False


class CompanyForm(SentForm):
    """What a company is called."""

    name: str = ""
    vat_id: str = ""


class CompanyCodeForm(SentForm):
    """The code of a company to join."""

    code: str = ""


class ColleagueForm(SentForm):
    """A colleague who is invited."""

    email: str = ""
    role: str = ""


class CompanyRoleForm(SentForm):
    """What a member may do."""

    role: str = ""


class InvitedForm(SentForm):
    """What somebody who accepts an invitation is called."""

    name: str = ""


class CustomerForm(SentForm):
    """A customer who came to the counter."""

    name: Line = ""
    email: Line = ""
    phone: Line = ""


class TeamInvitationForm(SentForm):
    """Somebody who is to work here."""

    name: str = ""
    email: str = ""
    role: Annotated[Literal[Role.STAFF, Role.OWNER], Says(__("Choose one."))] = Role.STAFF


class SecondFactorForm(SentForm):
    """Whether everybody who works here needs a second factor."""

    wanted: Ticked = False


class TeamForm(SentForm):
    """A button beside somebody who works here."""

    member: Annotated[Number, Says(__("There is nobody like that."))]
    do: str = ""
    role: Annotated[Literal[Role.STAFF, Role.OWNER] | None, Says(__("There is no such role."))] = None


class TokenForm(SentForm):
    """A token for a program."""

    name: Line = ""
    customer: Line = ""
    days: Annotated[Literal["", "30", "90", "365"], Says(__("Choose one."))] = ""
    scopes: Texts = ()


class TokenEndForm(SentForm):
    """Which token ends."""

    token: Annotated[Number, Says(__("There is no such token in use."))]
