"""Signing in to mail servers that take no passwords any more: access tokens by OAuth 2.0, handed over as XOAUTH2.

What lasts is one file per mail account (mode 600), written by ``craftops mail sign-in``, as JSON: ``token_url``,
``client_id``, ``client_secret`` (may be empty), ``scope`` and ``refresh_token``. From it an access token is asked for
(RFC 6749, section 6) whenever the last one is about to end. A server that hands out a new refresh token with it has the
file written anew.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from craftops.errors import CredentialsRejected, OutsideError, Refused, Unreachable

EARLY_S = 120.0
"""So long before its end an access token is not used any more."""
AGAIN = "Run `craftops mail sign-in` again."
Post = Callable[[str, Mapping[str, str]], tuple[int, bytes]]
"""(address, form) -> (HTTP status, body). Raises OutsideError kin."""


@dataclass(frozen=True, slots=True)
class MailGrant:
    """What a mail account has granted us, as its file says."""

    token_url: str
    client_id: str
    refresh_token: str
    client_secret: str = ""
    scope: str = ""


def read_grant(path: Path) -> MailGrant:
    """The grant in a file. Raises CredentialsRejected when there is none."""
    try:
        said = json.loads(path.read_text())
        grant = MailGrant(**{name: str(said[name]) for name in MailGrant.__dataclass_fields__ if name in said})
    except (OSError, ValueError, TypeError) as error:
        raise CredentialsRejected(f"There is no mail sign-in in {path}. {AGAIN}") from error
    if not (grant.token_url.startswith("https://") or "//127.0.0.1" in grant.token_url):
        raise CredentialsRejected(f"The address in {path} is none that a secret may be sent to. {AGAIN}")
    return grant


def write_grant(path: Path, grant: MailGrant) -> None:
    """Put a grant into its file, whole or not at all, for nobody else's eyes."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(grant), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def post_form(address: str, form: Mapping[str, str]) -> tuple[int, bytes]:
    """One form to a sign-in server. Raises Unreachable, Refused, NotUnderstood."""
    from craftops.sdk.outside import MachineSession  # HTTP libraries, for mail accounts that sign in with tokens

    session = MachineSession()
    try:
        answer = session.request("POST", address, data=dict(form), headers={"Accept": "application/json"})
    except (Refused, Unreachable):
        raise
    except OutsideError as error:
        raise Unreachable(error.sentence) from error
    finally:
        session.close()
    return answer.status_code, answer.content


class AccessTokens:
    """The access tokens of one account, for all threads of a process."""

    def __init__(self, path: Path, *, post: Post = post_form, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._post = post
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    def token(self, *, fresh: bool = False) -> str:
        """An access token that holds for two minutes at least; ``fresh``: a new one, the last was refused.

        Raises CredentialsRejected when somebody must sign in again, Unreachable, Refused, NotUnderstood.
        """
        with self._lock:
            if fresh or self._clock() >= self._until - EARLY_S:
                self._renew()
            return self._token

    def _renew(self) -> None:
        grant = read_grant(self.path)
        form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token, "client_id": grant.client_id}
        form |= {"client_secret": grant.client_secret} if grant.client_secret else {}
        form |= {"scope": grant.scope} if grant.scope else {}
        said = answer_of(*self._post(grant.token_url, form))
        self._token, self._until = str(said["access_token"]), self._clock() + _seconds(said.get("expires_in"))
        renewed = str(said.get("refresh_token") or "")
        if renewed and renewed != grant.refresh_token:
            write_grant(self.path, replace(grant, refresh_token=renewed))


def _seconds(said: object) -> float:
    """How long a token holds; servers that do not say it mean an hour."""
    try:
        return max(0.0, float(str(said)))
    except ValueError:
        return 3600.0


def answer_of(status: int, content: bytes) -> dict[str, Any]:
    """What a sign-in server answered, with an access token in it.

    Raises CredentialsRejected where it wants somebody to sign in, Unreachable, Refused, NotUnderstood.
    """
    if status in (408, 425, 429) or status >= 500:
        raise Unreachable(f"The sign-in server cannot answer at the moment (HTTP {status}).")
    from craftops.sdk.outside import read_json

    said = read_json(content)
    if isinstance(said, dict) and status == 200 and said.get("access_token"):
        return said
    error = str(said.get("error", "")) if isinstance(said, dict) else ""
    if error in ("invalid_grant", "interaction_required", "login_required", "consent_required"):
        raise CredentialsRejected(f"The mail account does not know our sign-in any more. {AGAIN}")
    raise Refused(f"The sign-in server refused: {error[:100] or status}.")


def sign_in_line(username: str, token: str) -> str:
    """What the XOAUTH2 mechanism of SASL sends, before it is written as base64."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01"
