"""The key that opens the shop's backups, and the phrase that opens the key.

A backup is locked with the public half, so whoever takes the folder of backups has nothing. The secret half exists only
wrapped by the recovery phrase: an age file with a passphrase, which lies beside the backups, and which ``age`` opens.
The phrase is shown once and kept nowhere.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pyrage
from mnemonic import Mnemonic

from craftops.config import Config
from craftops.domain.people.access import Actor
from craftops.domain.people.audit import Deed
from craftops.errors import ConfigError, IntakeError
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import utcnow

FOLDER = "backup-key"
RECIPIENT = "recipient.txt"
WRAPPED = "craftops-recovery-key.age"
"""Also copied beside the backups."""
STRENGTH = 128
"""Bits of a phrase: twelve words."""


def new_phrase() -> str:
    """Twelve words that nobody has seen; one mistyped is noticed (BIP 39)."""
    return str(Mnemonic("english").generate(STRENGTH))


def checked_phrase(typed: str) -> str:
    """The phrase in one spelling. Raises IntakeError when it cannot be one."""
    phrase = " ".join(typed.lower().split())
    if not Mnemonic("english").check(phrase):
        raise IntakeError("This is no recovery phrase: a word is missing, mistyped or in another place.")
    return phrase


def set_key(shop: Shop, phrase: str, *, actor: Actor) -> None:
    """Make a new key that ``phrase`` opens; backups of before keep theirs, whose copy lies beside them.

    Raises IntakeError, AccessError for anybody but the owner.
    """
    actor.must_be_owner()
    public = write_key(shop.config.data, phrase)
    note(Deed.BACKUP_KEY_MADE, actor=actor, at=utcnow(), subject=public)


def write_key(data: Path, phrase: str) -> str:
    """A new key in the folder of a shop; its public half. Raises IntakeError for what is no phrase."""
    phrase = checked_phrase(phrase)
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    secret = f"# The key of the backups of a CraftOps shop.\n# public key: {public}\n{identity}\n"
    folder = data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    _write(folder / WRAPPED, pyrage.passphrase.encrypt(secret.encode(), phrase, armored=True))
    _write(folder / RECIPIENT, f"{public}\n".encode())
    return public


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def has_key(config: Config) -> bool:
    """Whether backups can be made."""
    return bool(recipients(config))


def has_phrase(config: Config) -> bool:
    """Whether there is a key that a phrase opens."""
    return (config.data / FOLDER / RECIPIENT).is_file()


def recipients(config: Config) -> list[str]:
    """Public keys that backups are locked with: the recovery key, and those of ``shop.toml``. Raises ConfigError."""
    named = list(config.document.backup.recipients)
    for one in named:
        try:
            pyrage.x25519.Recipient.from_str(one)
        except pyrage.RecipientError:
            raise ConfigError(f"backup.recipients: {one!r} is not the public key of anybody (age1…).") from None
    file = config.data / FOLDER / RECIPIENT
    return [file.read_text().strip(), *named] if file.is_file() else named


def wrapped_key(config: Config) -> Path | None:
    """The wrapped key of today, if there is one."""
    file = config.data / FOLDER / WRAPPED
    return file if file.is_file() else None


def put_beside(config: Config, folder: Path, at: datetime) -> None:
    """Copy the wrapped key of today into the folder of backups; one of before stays, under another name."""
    mine = wrapped_key(config)
    if mine is None:
        return
    copy = folder / WRAPPED
    if copy.is_file() and copy.read_bytes() != mine.read_bytes():
        copy.rename(folder / f"craftops-recovery-key-until-{at:%Y%m%dT%H%M%S}.age")
    _write(copy, mine.read_bytes())


def unwrap(wrapped: bytes, phrase: str) -> str:
    """The secret key. Raises IntakeError when the phrase does not open it."""
    try:
        opened = pyrage.passphrase.decrypt(wrapped, checked_phrase(phrase)).decode()
    except pyrage.DecryptError:
        raise IntakeError("This phrase does not open this key.") from None
    return secret_key(opened)


def secret_key(text: str) -> str:
    """The line of a key file that is the key. Raises IntakeError."""
    for line in text.splitlines():
        if line.startswith("AGE-SECRET-KEY-1"):
            return line.strip()
    raise IntakeError("There is no secret key in this file (AGE-SECRET-KEY-1…).")
