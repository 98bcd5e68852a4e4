"""Every form that a page shows, with odd values in each of its fields: 303 or 4xx, never an error of ours."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import cycle
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from werkzeug.exceptions import HTTPException

from craftops.testing import Workshop
from craftops.testing.workshop import TOKEN, Browser

pytestmark = pytest.mark.long
ODD = (
    "", " ", "²", "٣", "-1", "0", "1e999", "NaN", "9" * 40, "9" * 5000, "0x10", "1_000", "null", "true", "[]", '{"a":[1]}', "\0", "a\0b",
    "\ud7ff\ufffe", "\u202eabc", "%00", "../../etc/passwd", "a" * 70_000, "<script>", "'\"`;--", "{{7*7}}", "${x}", "2026-02-30", "0000-00-00",
    "9999-12-31T99:99", "12:61", "@", "a@b", "//evil.example", "https://", "http://[::1", "javascript:0", "#12345", "\r\nX: y", "😀" * 300,
)  # fmt: skip
LEFT_ALONE = frozenset(("", "signin.sign_out", "signin.sign_out_everywhere"))
"""What ends the session, and what leads to another program."""
BEGIN = int(os.environ.get("CRAFTOPS_FORMS_BEGIN", "0")) % len(ODD)
"""Which odd value comes first; another one gives each field other values."""
SHOWS = frozenset(("portal.new_order", "portal.reorder", "staff.pickups"))
"""Forms with a button that shows something before anything is sent: one more line, a price, times to come."""
SAME_PAGES, EVERYWHERE, MOST_FIELDS = 2, 2, 8


@dataclass(slots=True)
class Form:
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    """Name -> the values that the page offers."""


class Forms(HTMLParser):
    """The forms of a page that are sent by POST, fields outside of them too (``form="id"``)."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: list[Form] = []
        self.links: list[str] = []
        self.by_id: dict[str, Form] = {}
        self.here: Form | None = None
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a" and told.get("href"):
            self.links.append(told["href"])
        if tag == "form":
            self.here = Form(urljoin(self.path, told.get("action") or self.path))
            if told.get("method", "get").lower() == "post":
                self.found.append(self.here)
            self.by_id[told.get("id", "")] = self.here
        form = self.by_id.get(told.get("form", "")) if told.get("form") else self.here
        if form is None:
            return
        if tag in ("input", "textarea", "select", "button") and told.get("name"):
            self.select = told["name"] if tag == "select" else ""
            values = form.fields.setdefault(told["name"], [])
            if told.get("type") != "file" and "value" in told:
                values.append(told["value"])
        elif tag == "option" and self.select:
            form.fields.setdefault(self.select, []).append(told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.here = None


@dataclass
class Crawl:
    """All pages that somebody reaches by links, each route once or twice, and the forms on them."""

    browser: Browser
    app: Any
    seen: dict[str, int] = field(default_factory=dict)
    forms: dict[tuple[str, tuple[str, ...]], Form] = field(default_factory=dict)

    def endpoint(self, path: str, method: str) -> str:
        try:
            return str(self.app.url_map.bind("localhost").match(path, method=method)[0])
        except HTTPException:
            return ""

    def walk(self, *begin: str) -> None:
        waiting = list(begin)
        while waiting:
            path = waiting.pop(0)
            endpoint = self.endpoint(urlsplit(path).path, "GET")
            if not endpoint or self.seen.get(endpoint, 0) >= SAME_PAGES:
                continue
            self.seen[endpoint] = self.seen.get(endpoint, 0) + 1
            answer = self.browser.get(path)
            assert answer.status_code < 500, path
            if answer.status_code != 200 or "html" not in answer.content_type:
                continue
            page = Forms(path)
            page.feed(answer.get_data(as_text=True))
            waiting += [
                urlsplit(urljoin(path, link))._replace(fragment="").geturl()
                for link in page.links
                if link.startswith(("/", "?"))
            ]
            for form in page.found:
                self.forms.setdefault(
                    (self.endpoint(urlsplit(form.action).path, "POST"), tuple(sorted(form.fields))), form
                )


def filled(form: Form) -> dict[str, str]:
    return {name: values[0] if values else "x" for name, values in form.fields.items()}


def attempts(form: Form, odd: Iterator[str]) -> Iterator[dict[str, str]]:
    """The form with one odd value everywhere, then with another in each field, the rest as the page offers it."""
    names = [name for name in form.fields if name != "csrf_token"]
    for _ in range(EVERYWHERE):
        value = next(odd)
        yield {**filled(form), **dict.fromkeys(names, value)}
    for name in names[:MOST_FIELDS]:
        yield {**filled(form), name: next(odd)}
    yield {name: value for name, value in filled(form).items() if name == "csrf_token"}


@pytest.mark.parametrize(("who", "begin"), [("ada", ("/",)), ("olga", ("/staff/", "/staff/settings"))])
def test_no_form_breaks_on_odd_values(workshop: Workshop, who: str, begin: tuple[str, ...]) -> None:
    workshop.machine("printer-1")
    workshop.accept(workshop.place("ada"), "printer-1")
    workshop.place("ada", instructions="Please")
    workshop.upload("ada")
    crawl = Crawl(workshop.browser(who), workshop.app)
    crawl.walk(*begin)
    assert len(crawl.forms) >= 8, sorted(crawl.seen)
    odd = cycle((*ODD[BEGIN:], *ODD[:BEGIN]))
    wrong, answered = [], Counter[int]()
    for (endpoint, _fields), form in crawl.forms.items():
        for values in attempts(form, odd) if endpoint not in LEFT_ALONE else ():
            if "csrf_token" in values:
                values["csrf_token"] = token(workshop, crawl, who)
            try:
                status = crawl.browser.client.post(form.action, data=values).status_code
            except Exception as error:  # noqa: BLE001 (whatever it is, it is the finding)
                status, values["raised"] = 500, repr(error)
            answered[status] += 1
            shown = status == 200 and endpoint in SHOWS
            if status != 303 and not 400 <= status < 500 and not shown:
                told = {name: one[:40] for name, one in values.items() if name != "csrf_token"}
                wrong.append((endpoint, form.action, status, told))
    assert not wrong, wrong[:5]
    assert answered[303] + answered[422] + answered[409] > answered.total() / 3, answered


def token(workshop: Workshop, crawl: Crawl, who: str) -> str:
    """The token of a page; somebody whose session was ended by a form signs in again."""
    home = "/" if who == "ada" else "/staff/"
    answer = crawl.browser.get(home)
    if answer.status_code != 200:
        crawl.browser = workshop.browser(who)
        answer = crawl.browser.get(home)
    found = TOKEN.search(answer.get_data(as_text=True))
    assert found
    return found[1]
