"""A second factor: set up, shown at a sign-in, recovered, taken away."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from craftops.domain.people import second_factor as domain
from craftops.domain.people.access import NOBODY, Actor, Role
from craftops.domain.people.audit import Deed
from craftops.errors import AccessError, IntakeError, RuleError, TooManyTries
from craftops.services.people import limits, profile, steps
from craftops.services.people.accounts import actor_of, digest, hash_of
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import IntegrityError, unit_of_work
from craftops.store.models import PasskeyRow, RecoveryCodeRow, SecondFactorRow, SessionRow
from craftops.store.views.people import Account

MOST_TRIES = 8
"""Codes of one account within a quarter of an hour, right ones left out."""
WRONG = "That code does not fit, or there were too many attempts. Wait for the next code, or use a recovery code."
NOT_YOURS = "That is not your password, or there were too many attempts."
SET_UP = "An app is set up already."
WORKS_HERE = (Role.STAFF.value, Role.OWNER.value)


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody has to prove themselves by, beside password and mailbox."""

    app_since: datetime | None
    """Since when codes of an app count; None: they do not."""
    codes_left: int
    passkeys: int

    @property
    def any(self) -> bool:
        return self.app_since is not None or self.passkeys > 0


def factors_of(account_id: int) -> Factors:
    """What an account has."""
    row = SecondFactorRow.get_or_none(SecondFactorRow.account == account_id)
    left = RecoveryCodeRow.select().where(RecoveryCodeRow.account == account_id, RecoveryCodeRow.used_at.is_null())
    keys = PasskeyRow.select().where(PasskeyRow.account == account_id)
    return Factors(row.created_at if row is not None else None, left.count(), keys.count())


def factors_of_team() -> dict[int, Factors]:
    """The same of everybody who has any."""
    keys = Counter(row.account_id for row in PasskeyRow.select(PasskeyRow.account))
    unused = RecoveryCodeRow.select(RecoveryCodeRow.account).where(RecoveryCodeRow.used_at.is_null())
    left = Counter(row.account_id for row in unused)
    since = {row.account_id: row.created_at for row in SecondFactorRow.select()}
    return {one: Factors(since.get(one), left[one], keys[one]) for one in {*since, *keys}}


def is_demanded(shop: Shop, account: Account) -> bool:
    """Whether a password or a link alone does not let this person in."""
    if SecondFactorRow.select().where(SecondFactorRow.account == account.id).exists():
        return True
    return shop.sign_in.second_factor_of_staff and account.role in WORKS_HERE


def begin(account: Account) -> str:
    """A secret for an app that is to be set up; who is shown it keeps it in a step of theirs, and nobody else sees it.
    Raises RuleError where one counts already, AccessError for customers."""
    if account.role not in WORKS_HERE:
        raise AccessError
    if factors_of(account.id).app_since is not None:
        raise RuleError(SET_UP, "Switch it off first to set up another one.")
    return domain.new_secret()


def confirm(shop: Shop, account: Account, secret: str, code: str, *, at: datetime, keep: str = "") -> tuple[str, ...]:
    """The first code of an app with this secret: from now on its codes count. The recovery codes, told this once. Every
    session but the one with the token ``keep`` ends. Raises IntakeError for a wrong code, RuleError."""
    tries = _try(account.id, at)
    step = domain.matching_step(secret, code, at) if tries and secret else None
    if step is None:
        raise IntakeError(WRONG, {"code": WRONG})
    try:
        with unit_of_work() as uow:
            limits.give_back(tries)
            SecondFactorRow.create(
                account=account.id, sealed_secret=shop.sealer.seal(secret), last_step=step, created_at=at
            )
            SessionRow.delete().where(SessionRow.account == account.id, SessionRow.token_hash != digest(keep)).execute()
            SessionRow.update(second_at=at).where(SessionRow.account == account.id).execute()
            note(Deed.FACTOR_ON, actor=actor_of(account), at=at, account=account.id, subject=account.email)
            uow.enqueue("tell_factor_changed", {"account": account.id}, at=at)
            return _new_codes(account, at)
    except IntegrityError:
        raise RuleError(SET_UP) from None


def new_codes(account: Account, *, at: datetime) -> tuple[str, ...]:
    """Ten new recovery codes, told this once; those of before end. Raises RuleError without an app."""
    if factors_of(account.id).app_since is None:
        raise RuleError("Recovery codes come with an app.", "Set one up first.")
    with unit_of_work():
        note(Deed.CODES_MADE, actor=actor_of(account), at=at, account=account.id, subject=account.email)
        return _new_codes(account, at)


def _new_codes(account: Account, at: datetime) -> tuple[str, ...]:
    codes = domain.new_recovery_codes()
    RecoveryCodeRow.delete().where(RecoveryCodeRow.account == account.id).execute()
    rows = [{"account": account.id, "code_hash": _hash(account.id, code), "created_at": at} for code in codes]
    RecoveryCodeRow.insert_many(rows).execute()
    return codes


def _hash(account_id: int, code: str) -> str:
    return digest(f"recovery:{account_id}:{code}")


def _try(account_id: int, at: datetime) -> list[int]:
    """Count a try before it is looked at; empty when there were too many."""
    try:
        return limits.reserve({f"second:{account_id}": MOST_TRIES}, at=at)
    except TooManyTries:
        return []


def _take_code(shop: Shop, row: SecondFactorRow, code: str, at: datetime) -> bool:
    """Whether a code fits and is newer than all that were taken; it is used up by this."""
    step = domain.matching_step(shop.sealer.open(row.sealed_secret), code, at)
    if step is None:
        return False
    newer = (SecondFactorRow.id == row.id) & (SecondFactorRow.last_step < step)
    with unit_of_work():
        return bool(SecondFactorRow.update(last_step=step).where(newer).execute())


def _take_recovery_code(account: Account, code: str, at: datetime) -> bool:
    plain = domain.normalise_recovery_code(code)
    if not plain:
        return False
    mine = (RecoveryCodeRow.account == account.id) & (RecoveryCodeRow.code_hash == _hash(account.id, plain))
    with unit_of_work():
        used = RecoveryCodeRow.update(used_at=at).where(mine, RecoveryCodeRow.used_at.is_null()).execute()
        if used:
            note(Deed.CODE_USED, actor=actor_of(account), at=at, account=account.id, subject=account.email)
        return bool(used)


def check(shop: Shop, account: Account, code: str, *, at: datetime, recovery: bool = True) -> None:
    """Whether ``code`` of an app, or a recovery code, is this person's; each is good once. Raises IntakeError, with one
    sentence whatever the cause."""
    tries = _try(account.id, at)
    row = SecondFactorRow.get_or_none(SecondFactorRow.account == account.id)
    good = bool(tries) and row is not None and _take_code(shop, row, code, at)
    if not good and tries and row is not None and recovery:
        good = _take_recovery_code(account, code, at)
    if not good:
        note(Deed.SECOND_REFUSED, actor=NOBODY, at=at, account=account.id, subject=account.email)
        raise IntakeError(WRONG, {"code": WRONG})
    limits.give_back(tries)


def prove(shop: Shop, account: Account, word: str, *, since: datetime, at: datetime) -> None:
    """Somebody who is signed in shows once more that it is them: by a code of their app, else by their password, else
    by having signed in a moment ago (``since``). Raises IntakeError whose ``fields`` name ``proof``."""
    try:
        if factors_of(account.id).app_since is not None:
            check(shop, account, word, at=at)
            return
    except IntakeError as error:
        raise IntakeError(error.sentence, {"proof": error.sentence}) from None
    if not hash_of(account.id):
        profile.must_be_fresh(since, at, "proof")
        return
    try:
        tries = limits.reserve({f"password:{account.id}": MOST_TRIES}, at=at)
    except TooManyTries:
        tries = []
    if not tries or not profile.is_password(account, word):
        raise IntakeError(NOT_YOURS, {"proof": NOT_YOURS})
    limits.give_back(tries)


def switch_off(account: Account, *, at: datetime) -> None:
    """Codes do not count any more."""
    with unit_of_work() as uow:
        _forget_app(account.id)
        uow.enqueue("tell_factor_changed", {"account": account.id}, at=at)
        note(Deed.FACTOR_OFF, actor=actor_of(account), at=at, account=account.id, subject=account.email)


def _forget_app(account_id: int) -> None:
    SecondFactorRow.delete().where(SecondFactorRow.account == account_id).execute()
    RecoveryCodeRow.delete().where(RecoveryCodeRow.account == account_id).execute()


def reset(account: Account, *, actor: Actor, at: datetime) -> None:
    """Somebody has lost what they prove themselves by: app, recovery codes and passkeys are forgotten, every session
    ends, and they are told by mail. Raises AccessError for anybody but an owner."""
    actor.must_be_owner()
    with unit_of_work() as uow:
        _forget_app(account.id)
        PasskeyRow.delete().where(PasskeyRow.account == account.id).execute()
        SessionRow.delete().where(SessionRow.account == account.id).execute()
        steps.forget(account.id)
        note(Deed.FACTOR_RESET, actor=actor, at=at, account=account.id, subject=account.email)
        uow.enqueue("tell_factor_changed", {"account": account.id}, at=at)
