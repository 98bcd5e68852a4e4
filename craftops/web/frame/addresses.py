"""Addresses of pages, written by patterns: a list asks for a hundred, and a pattern takes a tenth of werkzeug's time.

The first address of an endpoint and of such values is written by Flask itself; the pattern is kept only if it writes
the same. What a pattern has written is kept, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Flask, has_request_context
from flask.globals import request_ctx

PART = re.compile(r"<(?:[^:<>]+:)?([A-Za-z_][A-Za-z0-9_]*)>")
UNQUOTED = "!$'()*,/:;?@"
"""What werkzeug leaves as it is in a query."""
PLAIN = (str, int)
KEPT = frozenset({str, int, type(None)})
"""Of exactly these: True equals 1, and is written in another way."""
Pattern = Callable[[Mapping[str, Any]], str]
Key = tuple[str, tuple[tuple[str, Any], ...]]
MOST_PLAIN = 2000
"""Views and the like that are no coroutines; more are not kept, for some are made for one request alone."""
MOST_KEPT = 20_000
"""Addresses; all go when there are more."""


class QuickAddresses(Flask):
    """Flask, whose ``url_for`` keeps patterns. Anything out of the ordinary goes the usual way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._patterns: dict[tuple[str, tuple[str, ...]], Pattern | None] = {}
        self._written: dict[Key, str] = {}
        self._plain: set[Callable[..., Any]] = set()
        super().__init__(*args, **kwargs)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As Flask has it. What it gives back as it is it need not look into for every request."""
        if func in self._plain:
            return func
        found: Callable[..., Any] = super().ensure_sync(func)
        if found is func and len(self._plain) < MOST_PLAIN:
            self._plain.add(func)
        return found

    def url_for(
        self,
        /,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """As Flask has it."""
        if _anchor is not None and _anchor.isalnum() and _anchor.isascii():
            page = self.url_for(endpoint, _method=_method, _scheme=_scheme, _external=_external, **values)
            return f"{page}#{_anchor}"
        if _anchor is not None or _method or _scheme or _external or not has_request_context():
            return super().url_for(
                endpoint, _anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external, **values
            )
        key = (endpoint, tuple(values.items())) if KEPT.issuperset(map(type, values.values())) else None
        if key is not None and (known := self._written.get(key)) is not None:
            return script_root() + known
        return self._written_anew(endpoint, values, key)

    def _written_anew(self, endpoint: str, values: Mapping[str, Any], key: Key | None) -> str:
        """By its pattern, and kept under ``key`` if there is one; by Flask where no pattern is known yet, or may be."""
        asked = {name: value for name, value in values.items() if value is not None}
        kind = (endpoint, tuple(asked))
        in_order = not self.url_default_functions and all(isinstance(value, PLAIN) for value in asked.values())
        pattern = self._patterns.get(kind, _unknown) if in_order else None
        if pattern is None or pattern is _unknown:
            written = super().url_for(endpoint, **values)
            if pattern is _unknown:
                self._patterns[kind] = self._pattern(endpoint, asked, written)
            return written
        page = pattern(asked)
        if key is not None:
            if len(self._written) >= MOST_KEPT:
                self._written.clear()
            self._written[key] = page
        return script_root() + page

    def _pattern(self, endpoint: str, values: Mapping[str, Any], written: str) -> Pattern | None:
        """What writes ``written``; None where an address of this kind needs more thought."""
        if endpoint not in self.view_functions:
            return None
        rules = list(self.url_map.iter_rules(endpoint))
        converters = getattr(rules[0], "_converters", {})
        if len(rules) != 1 or rules[0].defaults or rules[0].arguments != converters.keys() & values.keys():
            return None
        pieces = PART.split(rules[0].rule)
        names = pieces[1::2]
        text = "".join(
            "{}" if place % 2 else piece.replace("{", "{{").replace("}", "}}") for place, piece in enumerate(pieces)
        )
        parts = [(name, converters[name].to_url) for name in names]
        rest = [name for name in values if name not in names]

        def write(given: Mapping[str, Any]) -> str:
            path = text.format(*[to_url(given[name]) for name, to_url in parts]) if parts else text
            return f"{path}?{urlencode([(name, given[name]) for name in rest], safe=UNQUOTED)}" if rest else path

        return write if script_root() + write(values) == written else None


def _unknown(_values: Mapping[str, Any]) -> str:
    """Stands for a pattern that was not looked for yet."""
    return ""


def script_root() -> str:
    """Below which path the shop answers; without the slash at its end."""
    adapter = request_ctx._get_current_object().url_adapter  # type: ignore[attr-defined]
    return adapter.script_name.rstrip("/") if adapter is not None else ""
