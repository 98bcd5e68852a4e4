"""Whether an ID token is to be believed (OpenID Connect Core 1.0, 3.1.3.7). Pure, but for the keys that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from craftops.errors import NotUnderstood, Refused

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Asymmetric ones alone: never "none", and never a key that both sides have."""
LEEWAY_S = 60.0
OLDEST_S = 600.0
"""Since it was given out: a sign-in takes less."""
LONGEST = 50_000


class Keys(Protocol):
    """Gives the provider's keys, or asks for them anew."""

    def __call__(self, *, again: bool = False) -> Any: ...


def key_set(told: Mapping[str, Any]) -> Any:
    """The keys of a JWKS (RFC 7517). Raises NotUnderstood."""
    from joserfc.errors import JoseError  # a sixth of a second to load, and needed by no other page
    from joserfc.jwk import KeySet

    listed = told.get("keys")
    good = [one for one in listed if isinstance(one, dict) and one.get("kty") in ("RSA", "EC", "OKP")
            and one.get("use", "sig") == "sig"] if isinstance(listed, list) else []  # fmt: skip
    try:
        if not good:
            raise NotUnderstood("The provider tells no key that it signs with.")
        return KeySet.import_key_set({"keys": good})
    except (JoseError, ValueError, TypeError, KeyError):
        raise NotUnderstood("The provider's keys cannot be read.") from None


def believed(token: str, keys: Keys, *, issuer: str, client_id: str, now: float) -> Mapping[str, Any]:
    """The claims of a token that is signed by the issuer, for us, and good ``now`` (seconds since 1970). A key that we
    do not know has the keys asked for anew, once. Raises Refused, OutsideError."""
    claims = _signed(token, keys(), last=False)
    if claims is None:
        claims = _signed(token, keys(again=True), last=True) or {}
    heard = claims.get("aud")
    audience = [heard] if isinstance(heard, str) else heard if isinstance(heard, list) else []
    fits = (
        claims.get("iss") == issuer
        and client_id in audience
        and (claims.get("azp", client_id) == client_id if len(audience) == 1 else claims.get("azp") == client_id)
        and _number(claims, "exp") > now - LEEWAY_S
        and now - OLDEST_S < _number(claims, "iat") <= now + LEEWAY_S
        and ("nbf" not in claims or 0 < _number(claims, "nbf") <= now + LEEWAY_S)
        and isinstance(claims.get("sub"), str)
        and 0 < len(str(claims["sub"])) <= 255
    )
    if not fits:
        raise Refused("What the provider says does not fit this sign-in.")
    return claims


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else float("-inf")


def _signed(token: str, keys: Any, *, last: bool) -> Mapping[str, Any] | None:
    """The claims; None where no key fits and others may. Raises Refused."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    try:
        if len(token) > LONGEST:
            raise Refused("What the provider says is too long.")
        return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
    except (JoseError, ValueError, TypeError, KeyError):
        if last:
            raise Refused("The provider has not signed what came back.") from None
        return None
