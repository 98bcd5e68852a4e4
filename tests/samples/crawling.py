"""All pages that somebody reaches by links, and the forms on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from werkzeug.exceptions import HTTPException

from craftops.testing.workshop import Browser

SAME_PAGES = 2


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
    pages: list[str] = field(default_factory=list)
    others: list[tuple[str, str, bytes, list[tuple[str, str]]]] = field(default_factory=list)
    """What is no page: path, type, content, headers."""

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
            if answer.status_code == 200 and "html" not in answer.content_type:
                kept = answer.get_data() if not answer.is_streamed or answer.content_length else b""
                self.others.append((path, answer.content_type, kept, list(answer.headers)))
            if answer.status_code != 200 or "html" not in answer.content_type:
                continue
            self.pages.append(path)
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
