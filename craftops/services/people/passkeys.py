"""Passkeys (WebAuthn level 3): made, shown at a sign-in, taken away.

Relying party and origin are those of ``base_url``, whatever a request says of its host. A device has to see its user
(PIN, finger, face) each time, so that a passkey is two factors at once: the device, and what unlocks it.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import orjson

from craftops.domain.people.access import NOBODY, Role
from craftops.domain.people.audit import Deed
from craftops.errors import AccessError, IntakeError, RuleError, SignInRefused
from craftops.services.people import limits, steps
from craftops.services.people.accounts import actor_of
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import IntegrityError, unit_of_work
from craftops.store.models import PasskeyRow
from craftops.store.viewing import person_view, view_of
from craftops.store.views.people import Account, PasskeyView, PersonView

MAKING, SHOWING = "passkey_making", "passkey_showing"
MOST = 20
"""Passkeys of one account."""
MOST_BEGUN, MOST_SHOWN = 300, 60
"""Of one network address within a quarter of an hour; a page that offers passkeys begins one each time."""
MOST_MADE = 30
"""Begun by one account within a quarter of an hour."""
LONGEST = 20_000
"""Characters of what a browser sends of a passkey."""
REFUSED = "This passkey does not fit. Sign in another way."
NOT_MADE = "The passkey could not be made. Try again."


@cache
def _webauthn() -> Any:
    """The library, which takes a quarter of a second to load and is needed by nobody who has no passkey."""
    import webauthn

    return webauthn


@cache
def _structs() -> Any:
    from webauthn.helpers import structs

    return structs


def _broken() -> tuple[type[Exception], ...]:
    """What the library raises of things that do not fit."""
    from webauthn.helpers.exceptions import WebAuthnException

    return (WebAuthnException, ValueError, KeyError, TypeError)


def _place(shop: Shop) -> tuple[str, str]:
    """Relying party id and origin."""
    parts = urlsplit(shop.config.base_url)
    return parts.hostname or "", f"{parts.scheme}://{parts.netloc}"


def are_possible(shop: Shop) -> bool:
    """Whether browsers let this shop have passkeys: it has a name, and HTTPS or is on this very computer."""
    host, origin = _place(shop)
    named = bool(host) and not host.replace(".", "").isdigit() and ":" not in host
    return named and (origin.startswith("https://") or host == "localhost" or host.endswith(".localhost"))


def of_account(account: Account) -> list[PasskeyView]:
    """The passkeys of an account, oldest first."""
    return [view_of(PasskeyView, row) for row in _rows_of(account)]


def _rows_of(account: Account) -> list[PasskeyRow]:
    return list(PasskeyRow.select().where(PasskeyRow.account == account.id).order_by(PasskeyRow.id))


def check_name(name: str) -> str:
    """A name for a passkey. Raises IntakeError."""
    plain = " ".join(name.split())
    if not plain or len(plain) > 100:
        sentence = "Give it a name of at most 100 characters."
        raise IntakeError(sentence, {"name": sentence})
    return plain


def begin_making(shop: Shop, account: Account, name: str, *, at: datetime) -> tuple[str, str]:
    """The token of the step, and what the browser is asked (JSON). Raises IntakeError, RuleError, TooManyTries."""
    if not are_possible(shop):
        raise RuleError("Passkeys need a shop with a name and HTTPS.", "Ask whoever runs it.")
    mine, plain = _rows_of(account), check_name(name)
    if len(mine) >= MOST:
        raise RuleError(f"{MOST} passkeys are the most.", "Remove one first.")
    limits.count(f"passkey-made:{account.id}", MOST_MADE, at=at)
    lib, words = _webauthn(), _structs()
    challenge, (host, _origin) = secrets.token_bytes(32), _place(shop)
    handle = mine[0].handle if mine else lib.helpers.bytes_to_base64url(secrets.token_bytes(32))
    options = lib.generate_registration_options(
        rp_id=host, rp_name=shop.profile().name, user_id=lib.base64url_to_bytes(handle), user_name=account.email,
        user_display_name=account.name, challenge=challenge,
        authenticator_selection=words.AuthenticatorSelectionCriteria(
            resident_key=words.ResidentKeyRequirement.REQUIRED,
            user_verification=words.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            words.PublicKeyCredentialDescriptor(id=lib.base64url_to_bytes(one.credential_id)) for one in mine
        ],
    )  # fmt: skip
    kept = {"challenge": lib.helpers.bytes_to_base64url(challenge), "handle": handle, "name": plain}
    return steps.begin(shop, MAKING, account=account, kept=kept, at=at), lib.options_to_json(options)


def make(shop: Shop, account: Account, token: str, answer: str, *, at: datetime) -> PasskeyRow:
    """Keep what a device has made. Raises SignInRefused for a step that is over, IntakeError."""
    step = steps.take(shop, MAKING, token, at=at)
    if step.account is None or step.account.id != account.id:
        raise AccessError
    lib, (host, origin) = _webauthn(), _place(shop)
    try:
        made = lib.verify_registration_response(
            credential=_read(answer), expected_challenge=lib.base64url_to_bytes(step.kept["challenge"]),
            expected_rp_id=host, expected_origin=origin, require_user_verification=True,
        )  # fmt: skip
    except _broken():
        raise IntakeError(NOT_MADE) from None
    word = lib.helpers.bytes_to_base64url
    told = _read(answer).get("response", {})
    ways = told.get("transports", []) if isinstance(told, dict) else []
    try:
        with unit_of_work() as uow:
            row: PasskeyRow = PasskeyRow.create(
                account=account.id, credential_id=word(made.credential_id),
                public_key=word(made.credential_public_key), handle=step.kept["handle"],
                sign_count=made.sign_count, name=step.kept["name"],
                transports=[str(one)[:20] for one in ways[:8]] if isinstance(ways, list) else [],
                synced=made.credential_backed_up, created_at=at,
            )  # fmt: skip
            note(
                Deed.PASSKEY_ADDED, actor=actor_of(account), at=at, account=account.id, subject=account.email,
                after=row.name,
            )  # fmt: skip
            uow.enqueue("tell_factor_changed", {"account": account.id}, at=at)
    except IntegrityError:
        raise IntakeError("This passkey is known already.") from None
    return row


def _read(answer: str) -> dict[str, Any]:
    """What the browser sent. Raises IntakeError."""
    try:
        found = orjson.loads(answer) if len(answer) <= LONGEST else None
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise IntakeError(NOT_MADE)
    return found


def remove(account: Account, passkey_id: int, *, at: datetime) -> None:
    """It opens nothing any more. Raises AccessError for one that is not theirs."""
    with unit_of_work() as uow:
        row = PasskeyRow.get_or_none(PasskeyRow.id == passkey_id, PasskeyRow.account == account.id)
        if row is None:
            raise AccessError
        PasskeyRow.delete().where(PasskeyRow.id == row.id).execute()
        note(
            Deed.PASSKEY_REMOVED, actor=actor_of(account), at=at, account=account.id, subject=account.email,
            before=row.name,
        )  # fmt: skip
        uow.enqueue("tell_factor_changed", {"account": account.id}, at=at)


def begin_showing(shop: Shop, *, address: str, at: datetime, account: Account | None = None) -> tuple[str, str]:
    """The token of the step, and what the browser is asked (JSON): for any passkey of this shop, or for one of
    ``account``. Raises TooManyTries."""
    limits.count(f"passkey:{address}", MOST_BEGUN, at=at)
    lib, words = _webauthn(), _structs()
    challenge, (host, _origin) = secrets.token_bytes(32), _place(shop)
    mine = _rows_of(account) if account is not None else []
    options = lib.generate_authentication_options(
        rp_id=host, challenge=challenge, user_verification=words.UserVerificationRequirement.REQUIRED,
        allow_credentials=[
            words.PublicKeyCredentialDescriptor(id=lib.base64url_to_bytes(one.credential_id)) for one in mine
        ],
    )  # fmt: skip
    kept = {"challenge": lib.helpers.bytes_to_base64url(challenge)}
    return steps.begin(shop, SHOWING, account=account, kept=kept, at=at), lib.options_to_json(options)


def show(shop: Shop, token: str, answer: str, *, address: str, at: datetime) -> PersonView:
    """Whose passkey this is. Raises SignInRefused, with one sentence whatever the cause."""
    step = steps.take(shop, SHOWING, token, at=at)
    tries = limits.reserve({f"passkey-shown:{address}": MOST_SHOWN}, at=at)
    row = _row_of(answer)
    if row is None or (step.account is not None and step.account.id != row.account_id) or not _fits(row.account):
        raise SignInRefused(REFUSED)
    lib, (host, origin) = _webauthn(), _place(shop)
    try:
        shown = lib.verify_authentication_response(
            credential=_read(answer), expected_challenge=lib.base64url_to_bytes(step.kept["challenge"]),
            expected_rp_id=host, expected_origin=origin, require_user_verification=True,
            credential_public_key=lib.base64url_to_bytes(row.public_key), credential_current_sign_count=0,
        )  # fmt: skip
    except _broken():
        _note_refused(row.account, Deed.SIGN_IN_REFUSED, row.name, at)
        raise SignInRefused(REFUSED) from None
    count = shown.new_sign_count
    newer = PasskeyRow.sign_count < count if count else PasskeyRow.sign_count == 0
    mine = (PasskeyRow.id == row.id) & newer
    with unit_of_work():
        fresh = PasskeyRow.update(sign_count=count, used_at=at, synced=shown.credential_backed_up).where(mine).execute()
    if not fresh:
        _note_refused(row.account, Deed.PASSKEY_COPIED, row.name, at)
        raise SignInRefused(REFUSED)
    limits.give_back(tries)
    return person_view(row.account)


def _row_of(answer: str) -> PasskeyRow | None:
    """The passkey that an answer names, if the name that it gives its user is the one that we gave."""
    try:
        told = _read(answer)
    except IntakeError:
        return None
    row: PasskeyRow | None = PasskeyRow.get_or_none(PasskeyRow.credential_id == str(told.get("id", ""))[:1400])
    response = told.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    return row if row is not None and (not handle or str(handle).rstrip("=") == row.handle) else None


def _fits(account: Account) -> bool:
    return not account.disabled and account.role != Role.VISITOR.value


def _note_refused(account: Account, deed: Deed, name: str, at: datetime) -> None:
    note(deed, actor=NOBODY, at=at, account=account.id, subject=account.email, after=name)
