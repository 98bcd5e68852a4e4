"""Every page that somebody reaches, as a browser would find them: by its links."""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from collections.abc import Iterator

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

LINK = re.compile(r'href="(/[^"#]*)')
OF_A_KIND = 3
"""So many pages of one view are looked at: another order, another machine."""
PAGES = ("text/html", "application/pdf")


def signed_in(app: Flask, email: str, password: str) -> FlaskClient:
    """The browser of somebody who has an account."""
    client = app.test_client()
    token = re.search(r'csrf-token" content="([^"]+)', client.get("/sign-in").get_data(as_text=True))
    assert token is not None
    form = {"csrf_token": token[1], "email": email, "password": password}
    assert client.post("/sign-in", data=form).status_code == 303
    return client


def pages(app: Flask, client: FlaskClient) -> Iterator[tuple[str, str]]:
    """View and path of each page and paper, once it was shown: all without a name in their address, and all that are
    linked from a page."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    waiting = deque(sorted(rule.rule for rule in rules if rule.endpoint != "live.stream"))
    seen: set[str] = set()
    kinds: Counter[str] = Counter()
    while waiting:
        path = waiting.popleft()
        view = _view(app, path)
        if path in seen or view is None or kinds[view] >= OF_A_KIND:
            continue
        seen.add(path)
        with client.get(path) as answer:
            if answer.status_code in (301, 302, 303, 308):
                waiting.append(answer.headers["Location"].removeprefix("http://localhost"))
            if answer.status_code != 200 or answer.mimetype not in PAGES:
                continue
            text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        kinds[view] += 1
        waiting.extend(html.unescape(link) for link in LINK.findall(text))
        yield view, path


def _view(app: Flask, path: str) -> str | None:
    try:
        return str(app.url_map.bind("localhost").match(path.partition("?")[0])[0])
    except (HTTPException, RequestRedirect):
        return None
