"""Addresses of pages, written by patterns: a list asks for a hundred, and a pattern takes a tenth of werkzeug's time.

The first address of an endpoint and of such values is written by Flask itself; the pattern is kept only if it writes
the same.
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
Pattern = Callable[[Mapping[str, Any]], str]


class QuickAddresses(Flask):
    """Flask, whose ``url_for`` keeps patterns. Anything out of the ordinary goes the usual way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._patterns: dict[tuple[str, tuple[str, ...]], Pattern | None] = {}
        super().__init__(*args, **kwargs)

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
        asked = {name: value for name, value in values.items() if value is not None}
        out_of_order = (
            _anchor or _method or _scheme or _external or self.url_default_functions or not has_request_context()
            or not all(isinstance(value, PLAIN) for value in asked.values())
        )  # fmt: skip
        pattern = None if out_of_order else self._patterns.get((endpoint, tuple(asked)), _unknown)
        if pattern is None or pattern is _unknown:
            written = super().url_for(
                endpoint, _anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external, **values
            )
            if pattern is _unknown:
                self._patterns[endpoint, tuple(asked)] = self._pattern(endpoint, asked, written)
            return written
        return script_root() + pattern(asked)

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
    adapter = request_ctx.url_adapter
    return adapter.script_name.rstrip("/") if adapter is not None else ""
