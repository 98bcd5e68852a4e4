"""The order page, signed in, against a Flask "hello" in the same process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from benchmarks.common import Result, median
from craftops.app import create_app
from craftops.config import load_config
from craftops.store.models import OrderRow


def run(folder: Path, told: dict[str, object]) -> Iterator[Result]:
    """On the data of a demo shop (which may be running)."""
    app = create_app(load_config(data=folder, env={}))
    people: list[dict[str, str]] = told["people"]  # type: ignore[assignment]
    anna = next(one for one in people if one["email"].startswith("anna"))
    client = app.test_client()
    token = re.search(r'csrf-token" content="([^"]+)', client.get("/sign-in").get_data(as_text=True))
    form = {"csrf_token": token[1] if token else "", "email": anna["email"], "password": anna["password"]}
    if client.post("/sign-in", data=form).status_code != 303:
        raise RuntimeError("could not sign in")
    code = OrderRow.get(OrderRow.title == "Name plates, front desk").code

    hello = Flask("hello")
    hello.add_url_rule("/", view_func=lambda: "hello")
    plain = hello.test_client()
    baseline = median(lambda: plain.get("/"), 300)
    yield Result(
        "order page, signed in", median(lambda: client.get(f"/orders/{code}"), 100), "Flask hello", baseline, 6
    )
