"""Addresses by patterns are Flask's own, and the cookie that is known again is still judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, session, url_for
from werkzeug.routing import BuildError

from craftops.app import create_app
from craftops.testing.workshop import Workshop
from craftops.web.frame.addresses import QuickAddresses
from craftops.web.frame.sessions import QuickSessions

ODD = "a b/ü?&#%+;=:@'\"<>"


def asked_of(app: Flask) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every endpoint with values that are odd, with and without a query."""
    for rule in app.url_map.iter_rules():
        values: dict[str, Any] = {}
        for name in rule.arguments:
            values[name] = 7 if "int:" in rule.rule and f":{name}>" in rule.rule else ODD
        yield rule.endpoint, values
        yield rule.endpoint, {**values, "q": ODD, "page": 2, "nothing": None}


def test_a_pattern_writes_what_flask_writes(workshop: Workshop) -> None:
    app = create_app(workshop.shop.config)
    assert isinstance(app, QuickAddresses)
    told = 0
    for root in ("", "/shop"):
        with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
            for endpoint, values in asked_of(app):
                try:
                    plain = Flask.url_for(app, endpoint, **values)
                except BuildError:
                    continue
                assert [app.url_for(endpoint, **values) for _time in range(2)] == [plain, plain]
                told += 1
    assert told > 500


def test_what_is_out_of_the_ordinary_goes_flasks_way(workshop: Workshop) -> None:
    app = create_app(workshop.shop.config)
    with app.test_request_context("/", base_url="https://shop.example/"):
        assert url_for("portal.order", code="K7RCX3", _anchor="messages").endswith("/orders/K7RCX3#messages")
        assert url_for("portal.order", code="K7RCX3", _external=True) == "https://shop.example/orders/K7RCX3"
        with pytest.raises(BuildError):
            url_for("portal.no_such_page")


def test_a_cookie_that_is_known_still_gets_too_old_and_no_other_is_taken_for_it() -> None:
    app = Flask("cookies")
    app.secret_key = "one"
    app.session_interface = QuickSessions()
    app.add_url_rule("/keep", "keep", view_func=lambda: session.update(name="ada") or "kept")
    app.add_url_rule("/say", "say", view_func=lambda: session.get("name", "nobody"))
    client = app.test_client()
    client.get("/keep")
    cookie = client.get_cookie("session")
    assert cookie is not None
    assert [client.get("/say").text for _time in range(2)] == ["ada", "ada"]

    # Not its last letter: two bits of that are of no account in base64.
    client.set_cookie("session", cookie.value[:-2] + ("A" if cookie.value[-2] != "A" else "B") + cookie.value[-1])
    assert client.get("/say").text == "nobody"

    client.set_cookie("session", cookie.value)
    app.config["PERMANENT_SESSION_LIFETIME"] = -1
    assert client.get("/say").text == "nobody"

    app.config["PERMANENT_SESSION_LIFETIME"] = 3600
    assert client.get("/say").text == "ada"
    app.secret_key = "another"
    assert client.get("/say").text == "nobody"
