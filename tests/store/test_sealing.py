"""What is sealed: opened by the key that sealed it, noticed when it was changed, and sealed anew by another cipher."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from craftops.errors import ConfigError
from craftops.store.sealing import Sealer

KEY, BEFORE = "a key of this shop", "the key of before"


def sealed_before_this_version(secret: str, key: str = KEY) -> str:
    """As every version up to 0.1 has sealed it."""
    derived = hashlib.sha256(b"craftops.sealing.1:" + key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(derived)).encrypt(secret.encode()).decode()


@pytest.mark.parametrize("secret", ["one word", "wörter und 🔑", "l" * 10_000])
def test_it_is_aes_256_gcm_as_anybody_can_see(secret: str) -> None:
    """Opened without a line of ours: a key of 256 bits, a nonce of 96, a tag of 128."""
    sealed = Sealer(KEY).seal(secret)
    key = hashlib.sha256(b"craftops.sealing.2:" + KEY.encode()).digest()
    whole = base64.urlsafe_b64decode(sealed.removeprefix("2."))
    assert len(whole) == 12 + len(secret.encode()) + 16
    assert AESGCM(key).decrypt(whole[:12], whole[12:], None).decode() == secret
    assert secret not in sealed
    assert Sealer(KEY).open(sealed) == secret


def test_nothing_is_sealed_as_nothing_and_the_same_secret_never_twice_the_same() -> None:
    sealer = Sealer(KEY)
    assert sealer.seal("") == sealer.open("") == ""
    assert len({sealer.seal("x") for _ in range(100)}) == 100


def test_what_was_changed_or_cut_or_is_another_keys_is_not_opened() -> None:
    sealer, sealed = Sealer(KEY), Sealer(KEY).seal("a secret")  # 36 bytes: no bit of it is padding
    for place in range(len("2."), len(sealed)):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(ConfigError):
            sealer.open(changed)
    for junk in (
        "2.",
        "2.x",
        "2.é",
        sealed[:-4],
        sealed + "AAAA",
        sealed.removeprefix("2."),
        "3." + sealed[2:],
        "junk",
        "é",
    ):
        with pytest.raises(ConfigError):
            sealer.open(junk)
    with pytest.raises(ConfigError):
        Sealer(BEFORE).open(sealed)


@pytest.mark.parametrize("key", [KEY, BEFORE])
def test_what_an_earlier_version_sealed_is_opened_and_known_to_be_old(key: str) -> None:
    sealer = Sealer(KEY, BEFORE)
    old, fresh = sealed_before_this_version("secret", key), Sealer(key).seal("secret")
    assert sealer.open(old) == sealer.open(fresh) == "secret"
    assert sealer.is_newest(old) == sealer.is_newest(fresh) == sealer.is_as_now(fresh) == (key == KEY)
    assert not sealer.is_as_now(old)
