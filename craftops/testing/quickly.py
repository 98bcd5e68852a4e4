"""What makes hundreds of shops cheap in one test process: what is the same in each of them is worked out once.

An application compiles three hundred rules of URLs and the templates of its pages, which are those of every other one,
and SQLite waits at every commit until the disk has it, in case that the power fails, which no test is about.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

import pytest
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import BaseConverter
from werkzeug.routing.rules import RulePart

from craftops.app import Site
from craftops.store import database, prepared
from craftops.web.frame import keeping
from craftops.web.frame.language.templates import language
from craftops.web.frame.routing import QuickRule

LAZY_GC = (20_000, 20, 20)
"""Applications are many small objects in circles: the default of Python looks through all of them for each new one."""


class KnownTemplates(BytecodeCache):
    """Compiled templates of this process, by their file, their text and the language that they speak."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return f"{language()}|{name}|{filename}"

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code


@dataclass
class _Parsed:
    parts: list[RulePart]
    trace: list[tuple[bool, str]]
    converters: list[tuple[str, str, tuple[Any, ...], Mapping[str, Any], type[BaseConverter]]]


class KnownRule(QuickRule):
    """A rule that was read before is not read again. Its names are werkzeug's own, as in ``QuickRule``."""

    _parsed: dict[str, _Parsed] = {}
    _asked: list[tuple[str, str, tuple[Any, ...], Mapping[str, Any], type[BaseConverter]]]

    def get_converter(
        self, variable_name: str, converter_name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> BaseConverter:
        found = super().get_converter(variable_name, converter_name, args, kwargs)
        self._asked.append((variable_name, converter_name, args, kwargs, type(found)))
        return found

    def _parse_rule(self, rule: str) -> Iterator[RulePart]:
        self._asked = []
        kinds = self.map.converters if self.map is not None else {}
        known = self._parsed.get(rule)
        if known is None or any(kinds.get(name) is not kind for _, name, _, _, kind in known.converters):
            before = len(self._trace)
            parts = list(super()._parse_rule(rule))
            self._parsed[rule] = _Parsed(parts, self._trace[before:], self._asked)
        else:
            parts = known.parts
            self._trace.extend(known.trace)
            for variable, name, args, kwargs, _ in known.converters:
                self._converters[variable] = super().get_converter(variable, name, args, kwargs)
                self.arguments.add(variable)
        yield from parts


def share(patch: pytest.MonkeyPatch) -> None:
    """Let shops of this process share what is the same in all of them, as long as ``patch`` stands."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*LAZY_GC)
    patch.setitem(database.SQLITE_PRAGMAS, "synchronous", "off")
    patch.setattr(keeping, "CHECKED", True)
    patch.setattr(prepared, "CHECKED", True)
    patch.setattr(Site, "url_rule_class", KnownRule)
    patch.setattr(Site, "jinja_options", {**Site.jinja_options, "bytecode_cache": KnownTemplates()})
