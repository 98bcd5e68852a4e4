"""A whole identity provider on a port of this computer: discovery, keys, code flow with PKCE, as strict as real ones.

::

    with LocalIdentity("craftops", "its-secret") as there:
        there.person = {"sub": "1", "email": "ada@example.org", "email_verified": True}
        there.lies["aud"] = "another-client"     # claims of the next tokens
        there.algorithm = "none"                 # and how they are signed

It signs everybody in who is sent to it, as ``person``, and asks nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

PERSON = {"sub": "248289761001", "email": "ada@example.org", "email_verified": True, "name": "Ada"}


@dataclass
class LocalIdentity:
    """The provider. Everything may be changed between two sign-ins."""

    client_id: str = "craftops"
    secret: str = "a secret of the client"
    person: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    lies: dict[str, Any] = field(default_factory=dict)
    """Claims that take the place of the true ones; None leaves one out."""
    about: dict[str, Any] = field(default_factory=dict)
    """The same of what it says of itself."""
    algorithm: str = "RS256"
    """``RS256``; ``none``; ``HS256`` with its public key as the secret; ``stranger``: a key of somebody else."""
    says_issuer: str = ""
    """``iss`` of its answers (RFC 9207); empty: its own."""
    requests: list[str] = field(default_factory=list)
    """Paths that were asked for, in order."""
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)}))

    def __enter__(self) -> Self:
        handler = type("Handler", (_IdentityHandler,), {"there": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def new_key(self) -> None:
        """From now on it signs with another key, and tells that one alone."""
        self._key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)})

    def discovery(self) -> dict[str, Any]:
        told = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }  # fmt: skip
        return {**told, **self.about}

    def keys(self) -> dict[str, Any]:
        return {"keys": [{**self._key.as_dict(private=False), "use": "sig", "alg": "RS256"}]}

    def authorize(self, address: str) -> str:
        """Somebody is sent to ``address``: where their browser goes from there, with a code. Raises ValueError for what
        a provider would not take."""
        asked = dict(parse_qsl(urlsplit(address).query))
        wanted = {"response_type": "code", "client_id": self.client_id, "code_challenge_method": "S256"}
        if any(asked.get(name) != value for name, value in wanted.items()) or "openid" not in asked["scope"].split():
            raise ValueError("this is no request of a client that is registered here")
        code = secrets.token_urlsafe(24)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.says_issuer or self.issuer})}"

    def redeem(self, form: dict[str, str], authorization: str) -> dict[str, str] | None:
        """The tokens of a code; None where something does not fit. A code is good once."""
        pair = base64.b64decode(authorization.removeprefix("Basic ").encode()).decode().split(":", 1)
        if [unquote(one) for one in pair] != [self.client_id, self.secret]:
            return None
        asked = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form.get("redirect_uri"):
            return None
        return {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": self._token(asked)}

    def _token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        true = {
            "iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            **self.person,
        }  # fmt: skip
        claims = {name: value for name, value in {**true, **self.lies}.items() if value is not None}
        header = {"alg": "RS256", "kid": str(self._key.kid)}
        if self.algorithm == "none":
            parts = (json.dumps({**header, "alg": "none"}), json.dumps(claims))
            return ".".join([*(base64.urlsafe_b64encode(one.encode()).rstrip(b"=").decode() for one in parts), ""])
        if self.algorithm == "HS256":
            public = OctKey.import_key(self._key.as_pem(private=False))
            return jwt.encode({**header, "alg": "HS256"}, claims, public, algorithms=["HS256"])
        key = RSAKey.generate_key(2048) if self.algorithm == "stranger" else self._key
        return jwt.encode(header, claims, key)


class _IdentityHandler(BaseHTTPRequestHandler):
    there: LocalIdentity

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.there.requests.append(path)
        if path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.there.authorize(self.path))
            self.end_headers()
        elif path == "/.well-known/openid-configuration":
            self._say(200, self.there.discovery())
        else:
            self._say(200 if path == "/keys" else 404, self.there.keys())

    def do_POST(self) -> None:
        self.there.requests.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        told = self.there.redeem(form, self.headers.get("Authorization", "Basic Og=="))
        self._say(200 if told else 400, told or {"error": "invalid_grant"})

    def _say(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        """Quiet."""
