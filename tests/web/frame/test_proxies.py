"""Only a proxy that the operator has named may say where somebody comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from craftops.testing import Workshop
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


@pytest.mark.parametrize("path", ["/", "/sign-in", "/healthz", "/static/css/base.css", "/api/v1/orders", "/nowhere"])
def test_below_a_path_of_another_site_it_says_why_it_does_not_answer(workshop: Workshop, path: str) -> None:
    client = workshop.app.test_client()
    got = client.get(path, environ_overrides={"SCRIPT_NAME": "/shop<b>"})
    assert got.status_code == 500
    assert got.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert got.headers["Cache-Control"] == "no-store"
    assert "cannot live below the path /shopb of another site" in got.get_data(as_text=True)
    assert client.get("/sign-in", environ_overrides={"SCRIPT_NAME": "/"}).status_code == 200


@pytest.mark.parametrize(("peer", "status"), [("127.0.0.1", 500), ("198.51.100.7", 200)])
def test_a_path_that_a_known_proxy_has_cut_off_is_told_and_a_strangers_is_not_believed(peer: str, status: int) -> None:
    client = Client(KnownProxies(seen, 1, ["127.0.0.1"]))
    got = client.get("/", headers={"X-Forwarded-Prefix": "/shop"}, environ_base={"REMOTE_ADDR": peer})
    assert got.status_code == status
    whole = client.get("/", headers={"X-Forwarded-Prefix": "/"}, environ_base={"REMOTE_ADDR": peer})
    assert whole.status_code == 200
