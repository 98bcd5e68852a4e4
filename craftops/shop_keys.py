"""The keys of a shop: what signs links and cookies, what seals secrets, what the broker's passwords come of.

``secret.key`` holds a line for each, and after a rotation the keys of before: what they sealed is still opened, and
what they signed is accepted until a moment. One word, as it was made once and as somebody may have written it, is all
three.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from craftops.errors import ConfigError

UNFINISHED = "unfinished"
KEY = re.compile(r"[!-~]{16,200}")
"""At least 16 characters without blanks."""


class KeyUse(StrEnum):
    """What a key is for."""

    SIGN = "sign"
    SEAL = "seal"
    BROKER = "broker"


@dataclass(frozen=True, slots=True)
class ShopKeys:
    """What ``secret.key`` says."""

    sign: str
    seal: str
    broker: str
    seal_before: str = ""
    """Opens what it sealed; kept until the next rotation, for a backup may be made of old rows and this file."""
    sign_before: str = ""
    sign_before_until: datetime | None = None
    unfinished: bool = False
    """The rows have not been brought to these keys to the end."""

    @property
    def mark(self) -> str:
        """The same as of all three while they are one."""
        one = len({self.sign, self.seal, self.broker}) == 1
        return self.sign if one else f"{self.sign}\n{self.seal}\n{self.broker}"

    def accepted(self, at: datetime) -> list[str]:
        """The keys whose signatures count, the one that signs last."""
        graced = self.sign_before and self.sign_before_until is not None and at < self.sign_before_until
        return [self.sign_before, self.sign] if graced else [self.sign]

    def rotated(self, uses: Collection[KeyUse], until: datetime | None) -> ShopKeys:
        """New ones for these uses; ``until``: how long what was signed before is accepted."""
        made = replace(self, unfinished=True)
        if KeyUse.SIGN in uses:
            before = self.sign if until else ""
            made = replace(made, sign=_word(), sign_before=before, sign_before_until=until)
        if KeyUse.SEAL in uses:
            made = replace(made, seal=_word(), seal_before=self.seal)
        if KeyUse.BROKER in uses:
            made = replace(made, broker=_word())
        return made

    def text(self) -> str:
        """As it stands in the file."""
        lines = [f"{use} {getattr(self, use)}" for use in KeyUse]
        if self.seal_before:
            lines.append(f"seal-before {self.seal_before}")
        if self.sign_before and self.sign_before_until is not None:
            lines.append(f"sign-before {self.sign_before} {self.sign_before_until.isoformat(timespec='seconds')}")
        return "\n".join([*lines, *([UNFINISHED] if self.unfinished else [])]) + "\n"


def _word() -> str:
    return secrets.token_urlsafe(32)


def read(text: str, path: Path) -> ShopKeys:
    """The keys of a file. Raises ConfigError."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and lines[0][0] not in {UNFINISHED, *KeyUse}:
        one = text.strip()
        return ShopKeys(one, one, one)
    said = {line[0].replace("-", "_"): line[1:] for line in lines}
    wanted = {use.value for use in KeyUse}
    if not wanted <= said.keys() <= wanted | {"seal_before", "sign_before", UNFINISHED} or len(said) != len(lines):
        raise ConfigError(f"{path} holds no key of a shop. Put it back from a backup.")
    try:
        until = datetime.fromisoformat(said["sign_before"][1]) if "sign_before" in said else None
        found = {name: words[0] for name, words in said.items() if name != UNFINISHED}
    except (IndexError, ValueError):
        raise ConfigError(f"{path} holds a line that is no key. Put it back from a backup.") from None
    if not all(KEY.fullmatch(key) for key in found.values()):
        raise ConfigError(f"{path} holds a key that is too short, or cut off. Put it back from a backup.")
    return ShopKeys(
        found["sign"], found["seal"], found["broker"], found.get("seal_before", ""), found.get("sign_before", ""),
        until, UNFINISHED in said,
    )  # fmt: skip


def make(path: Path) -> None:
    """First keys, one for each use, unless another process of ours is first."""
    draft = _draft(path, ShopKeys(_word(), _word(), _word()).text())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process of ours was first; its key is the key
    finally:
        draft.unlink()


def write(path: Path, keys: ShopKeys) -> None:
    """In the place of what was there, whole or not at all, whatever is killed and whenever the power fails."""
    path = path.resolve()  # where a link leads to
    draft = _draft(path, keys.text())
    owner = path.stat()
    if os.geteuid() == 0:
        os.chown(draft, owner.st_uid, owner.st_gid)  # root may have been asked; the shop still has to read it
    draft.replace(path)
    for left in path.parent.glob(f"{path.name}.{'[0-9a-f]' * 8}"):
        left.unlink()  # of a rotation that was killed while it wrote
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft
