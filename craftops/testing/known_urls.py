"""Addresses of applications of which a test process makes thousands: four hundred rules each, mostly the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from werkzeug.routing import BaseConverter, Map, Rule, RuleFactory
from werkzeug.routing.matcher import StateMachineMatcher
from werkzeug.routing.rules import RulePart

from craftops.web.frame.routing import QuickRule

MOST_KNOWN = 16


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


class KnownMap(Map):
    """The rules of one application. They are compiled when somebody asks for them, and not even then where another
    application of this process has the same ones: its own serve both. A rule that nobody has had is compiled at once, so
    that its faults are told where it is added."""

    _known: ClassVar[dict[tuple[Any, ...], KnownMap]] = {}
    _compiled: ClassVar[set[str]] = set()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._own: list[Rule] = []
        self._keys: list[tuple[Any, ...]] = []
        self._waiting, self._shared = True, False
        super().__init__(*args, **kwargs)

    @property
    def _matcher(self) -> StateMachineMatcher:
        self._settle()
        return self._own_matcher

    @_matcher.setter
    def _matcher(self, matcher: StateMachineMatcher) -> None:
        self._own_matcher = matcher

    @property
    def _rules_by_endpoint(self) -> dict[Any, list[Rule]]:
        self._settle()
        return self._own_rules

    @_rules_by_endpoint.setter
    def _rules_by_endpoint(self, rules: dict[Any, list[Rule]]) -> None:
        self._own_rules = rules

    def add(self, rulefactory: RuleFactory) -> None:
        """As werkzeug has it."""
        if self._shared:
            self._part()
        for rule in rulefactory.get_rules(self):
            self._keys.append(_key_of(rule))  # before it is bound, which fills it up
            if not self._waiting or rule.rule not in self._compiled:
                self._compile()
                super().add(rule)
                self._compiled.add(rule.rule)
            self._own.append(rule)

    def update(self) -> None:
        """As werkzeug has it."""
        self._settle()
        super().update()
        if not self._shared:
            self._shared = True
            if len(self._known) < MOST_KNOWN:
                self._known[self._key()] = self

    def _settle(self) -> None:
        if not self._waiting:
            return
        known = self._known.get(self._key())
        if known is None:
            self._compile()
            return
        self._waiting, self._shared, self._remap = False, True, False
        self._matcher, self._rules_by_endpoint = known._own_matcher, known._own_rules

    def _compile(self) -> None:
        if self._waiting:
            self._waiting = False
            for rule in self._own:
                super().add(rule)

    def _part(self) -> None:
        """What is shared stays as it is."""
        self._matcher, self._rules_by_endpoint = StateMachineMatcher(self._own_matcher.merge_slashes), {}
        self._shared = False
        for place, rule in enumerate(self._own):
            self._own[place] = rule.empty()
            super().add(self._own[place])

    def _key(self) -> tuple[Any, ...]:
        return (tuple(self.converters.items()), *self._keys)


def _key_of(rule: Rule) -> tuple[Any, ...]:
    return (
        rule.rule, rule.endpoint, frozenset(rule.methods or ()), repr(rule.defaults), rule.subdomain, rule.host,
        rule.strict_slashes, rule.merge_slashes, rule.build_only, rule.alias, rule.websocket, rule.redirect_to,
        getattr(rule, "provide_automatic_options", None),
    )  # fmt: skip
