"""A person grants us a mail account on any device of theirs: the device authorization grant (RFC 8628).

Nothing has to be reachable from outside, and no password passes through us: a code is shown here, typed in there, and
meanwhile we ask whether it has been.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from craftops.errors import CredentialsRejected, NotUnderstood, Refused, Unreachable
from craftops.sdk.mail_tokens import MailGrant, Post, answer_of, post_form

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SLOWER_S = 5.0
"""What "slow_down" adds to the time between two questions."""
LONGEST_S = 1800.0


@dataclass(frozen=True, slots=True)
class SignInServer:
    """Where a provider takes sign-ins, and what we ask for."""

    device_url: str
    token_url: str
    scope: str


def microsoft(tenant: str = "organizations") -> SignInServer:
    """Exchange Online, for mails in and out. ``tenant``: an organization's id or domain."""
    place = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
    mail = "https://outlook.office.com"
    scope = f"offline_access {mail}/IMAP.AccessAsUser.All {mail}/SMTP.Send"
    return SignInServer(f"{place}/devicecode", f"{place}/token", scope)


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person types in where; ``secret`` is for us. Times in seconds."""

    address: str
    code: str
    secret: str
    every_s: float
    lasts_s: float


def begin(server: SignInServer, client_id: str, *, post: Post = post_form) -> DeviceCode:
    """Ask for a code. Raises Unreachable, Refused, NotUnderstood."""
    status, content = post(server.device_url, {"client_id": client_id, "scope": server.scope})
    said = _said(content)
    if status != 200 or not said.get("device_code"):
        raise Refused(f"The sign-in server refused: {str(said.get('error') or status)[:100]}.")
    try:
        return DeviceCode(
            str(said.get("verification_uri") or said.get("verification_url") or ""),
            str(said["user_code"]),
            str(said["device_code"]),
            max(1.0, float(said.get("interval", 5))),
            min(LONGEST_S, float(said.get("expires_in", 900))),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotUnderstood("The sign-in server gave no code.", str(error)) from error


def await_grant(
    server: SignInServer,
    client_id: str,
    code: DeviceCode,
    *,
    client_secret: str = "",
    post: Post = post_form,
    pause: Callable[[float], None] = time.sleep,
) -> MailGrant:
    """Wait until the code is typed in. Raises CredentialsRejected when it is not, or was refused; Refused."""
    every, waited = code.every_s, 0.0
    form = {"grant_type": GRANT, "device_code": code.secret, "client_id": client_id}
    form |= {"client_secret": client_secret} if client_secret else {}
    while waited < code.lasts_s:
        pause(every)
        waited += every
        try:
            status, content = post(server.token_url, form)
        except Unreachable:
            continue  # a line that was down for a moment
        error = str(_said(content).get("error") or "")
        if error == "slow_down":
            every += SLOWER_S
        elif error in ("access_denied", "authorization_declined"):
            raise CredentialsRejected("The sign-in was refused.")
        elif error == "expired_token":
            break
        elif error != "authorization_pending":
            refresh = answer_of(status, content).get("refresh_token")
            if not refresh:
                raise Refused("The sign-in server gave nothing that lasts (no refresh token).")
            return MailGrant(server.token_url, client_id, str(refresh), client_secret, server.scope)
    raise CredentialsRejected("Nobody has typed in the code in time.")


def _said(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
