"""The code flow of OpenID Connect Core 1.0 with PKCE (RFC 7636), ``iss`` in the answer (RFC 9207)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from craftops.errors import NotUnderstood, Refused
from craftops.sdk.identity import IdentityProvider, SentAway, Vouched
from craftops.sdk.outside import MachineSession, check, read_json

from .tokens import believed, key_set

FRESH_S = 3600.0
"""So long what the provider says of itself is believed without asking again."""
AGAIN_S = 60.0
"""Keys are asked for anew at most so often, whatever key ids tokens name."""
SCOPE = "openid email profile"
PLACES = ("authorization_endpoint", "token_endpoint", "jwks_uri")
TEXT = 2000


def is_safe(address: str) -> bool:
    """Whether an address is https, or http to this very computer (tests, a proxy beside us)."""
    parts = urlsplit(address)
    local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))


class OidcProvider(IdentityProvider):
    """One provider, whose word ends up in ``Vouched``. Any thread may ask."""

    name: ClassVar[str] = "oidc"

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, *, title: str, customer_domains: tuple[str, ...] = (),
        groups_claim: str = "groups", staff_group: str = "", two_factors_there: bool = False,
    ) -> None:  # fmt: skip
        self.title = title
        self.ready = bool(issuer and client_id)
        self.customer_domains = tuple(one.strip().lower().lstrip("@") for one in customer_domains)
        self._issuer, self._client_id, self._secret = issuer, client_id, client_secret
        self._groups_claim, self._staff_group = groups_claim, staff_group
        self._two_factors_there = two_factors_there
        self._told: dict[str, Any] = {}
        self._told_at = self._keys_at = float("-inf")
        self._keys: Any = None
        self._lock = threading.Lock()

    def begin(self, back: str, state: str) -> SentAway:
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self._client_id, "redirect_uri": back, "scope": SCOPE,
            "state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        place = str(self._about()["authorization_endpoint"])
        mark = "&" if urlsplit(place).query else "?"
        return SentAway(f"{place}{mark}{urlencode(asked)}", {"nonce": nonce, "verifier": verifier})

    def finish(self, answer: Mapping[str, str], kept: Mapping[str, str], back: str) -> Vouched:
        about = self._about()
        told = answer.get("iss")
        if told != self._issuer and (told is not None or about.get("authorization_response_iss_parameter_supported")):
            raise Refused("The answer is somebody else's.")
        if "error" in answer:
            raise Refused("The provider did not let you in.")
        code = answer.get("code", "")
        if not code or len(code) > TEXT:
            raise Refused("The provider sent no code.")
        token = self._redeem(str(about["token_endpoint"]), code, kept["verifier"], back)
        claims = believed(token, self.keys, issuer=self._issuer, client_id=self._client_id, now=time.time())
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), kept["nonce"].encode()):
            raise Refused("The answer belongs to another sign-in.")
        return self._vouched(claims)

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        groups, ways = claims.get(self._groups_claim), claims.get("amr")
        return Vouched(
            subject=str(claims["sub"]),
            email=str(claims.get("email", ""))[:250].lower(),
            email_verified=claims.get("email_verified") is True,
            name=str(claims.get("name", ""))[:200],
            two_factors=self._two_factors_there and isinstance(ways, list) and "mfa" in ways,
            works_here=bool(self._staff_group) and isinstance(groups, list) and self._staff_group in groups,
        )

    def _about(self) -> dict[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0). Raises OutsideError."""
        with self._lock:
            if time.monotonic() - self._told_at > FRESH_S:
                told = self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
                if told.get("issuer") != self._issuer:
                    raise NotUnderstood("The provider calls itself by another name than the settings do.")
                if any(not is_safe(str(told.get(one, ""))) for one in PLACES):
                    raise NotUnderstood("The provider names an address that is not https.")
                self._told, self._told_at = told, time.monotonic()
            return self._told

    def keys(self, *, again: bool = False) -> Any:
        """The keys that the provider signs with; ``again``: asked anew, if that was not done a moment ago. Raises
        OutsideError."""
        place = str(self._about()["jwks_uri"])
        with self._lock:
            age = time.monotonic() - self._keys_at
            if self._keys is None or age > FRESH_S or (again and age > AGAIN_S):
                self._keys, self._keys_at = key_set(self._get(place)), time.monotonic()
            return self._keys

    def _get(self, address: str) -> dict[str, Any]:
        session = MachineSession()
        try:
            answer = session.request("GET", address, headers={"Accept": "application/json"})
        finally:
            session.close()
        if answer.status_code != 200:
            check(answer.status_code, answer.content)
        return _table(answer.content)

    def _redeem(self, place: str, code: str, verifier: str, back: str) -> str:
        """The ID token of a code. Raises OutsideError."""
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier,
            "client_id": self._client_id,
        }  # fmt: skip
        headers = {"Accept": "application/json"}
        ways = self._about().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if self._secret and "client_secret_basic" in ways:
            pair = f"{quote(self._client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        elif self._secret:
            form["client_secret"] = self._secret
        session = MachineSession()
        try:
            answer = session.request("POST", place, data=form, headers=headers)
        finally:
            session.close()
        if answer.status_code != 200:
            check(answer.status_code, b"")  # its words may repeat what we sent
        token = _table(answer.content).get("id_token")
        if not isinstance(token, str):
            raise NotUnderstood("The provider sent no ID token.")
        return token


def _table(content: bytes) -> dict[str, Any]:
    found = read_json(content)
    if not isinstance(found, dict):
        raise NotUnderstood("The provider's answer is no JSON object.")
    return found
