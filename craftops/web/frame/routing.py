"""Rules of URLs that are made quickly: three hundred of them are compiled whenever an application is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class QuickRule(Rule):
    """A rule whose addresses are written by code that is compiled when the first of them is asked for.

    werkzeug compiles two functions a rule at once, for writing and for writing with a query; a process asks for few of
    them. ``_compile_builder`` is werkzeug's own name: were it another one, rules would be made as slowly as before.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: QuickRule, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(super()._compile_builder(append_unknown))
            return made[0](rule, **values)

        return build
