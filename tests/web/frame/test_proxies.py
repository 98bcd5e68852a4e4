"""Only a proxy that the operator has named may say where somebody comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from craftops.web.frame.proxies import KnownProxies


def seen(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
    request = Request(environ)
    return Response(f"{request.remote_addr} {request.scheme} {request.host}")(environ, start)


@pytest.mark.parametrize(
    ("peer", "answer"),
    [
        ("127.0.0.1", "203.0.113.9 https shop"),
        ("", "203.0.113.9 https shop"),
        ("198.51.100.7", "198.51.100.7 http shop"),
    ],
)
def test_a_stranger_cannot_claim_another_address(peer: str, answer: str) -> None:
    client = Client(KnownProxies(seen, 1, ["127.0.0.1", "::1"]))
    said = {"X-Forwarded-For": "192.0.2.1, 203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil"}
    got = client.get("/", headers={"Host": "shop", **said}, environ_base={"REMOTE_ADDR": peer})
    assert got.get_data(as_text=True) == answer
