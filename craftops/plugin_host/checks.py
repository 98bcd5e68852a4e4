"""What a plugin gives is looked at before anybody uses it: its kind, its name, an answer's type and size."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from craftops.domain.billing.pricing import Price
from craftops.domain.files.designs import FileFormat
from craftops.domain.files.file_types import declared_faults
from craftops.sdk.analyzer import FileAnalyzer
from craftops.sdk.carrier import Carrier
from craftops.sdk.channel import IntakeChannel
from craftops.sdk.commands import OwnCommand
from craftops.sdk.identity import IdentityProvider
from craftops.sdk.invoices import LONGEST_PLACE
from craftops.sdk.machine import MachineDriver
from craftops.sdk.notification import NotificationChannel
from craftops.sdk.pages import Audience, OwnPage
from craftops.sdk.parts import MenuLink, OrderPart
from craftops.sdk.payment import PaymentProvider
from craftops.sdk.reports import Report
from craftops.sdk.rules import LONGEST_REFUSAL
from craftops.sdk.schedules import SHORTEST_S, Scheduled
from craftops.sdk.tables import AddColumn, AddTable, DropTable, Migration
from craftops.sdk.theme import Theme

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST_S = 10 * 365 * 86_400.0
LISTED = 500
"""Things that one plugin may give at most: an endless generator ends there."""


class WrongAnswer(Exception):
    """What a plugin gave is not what its hook promises; the text says what came and what was asked for."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a ``register_…`` hook gives."""

    base: type[Any]
    word: str
    """For people: "machine driver"."""
    classes: bool = False
    """Classes are given, not objects of them."""
    shared: bool = True
    """Its names are the shop's, each is given once; else they are the plugin's own."""


REGISTERS: Mapping[str, Brought] = {
    "register_machine_drivers": Brought(MachineDriver, "machine driver"),
    "register_file_analyzers": Brought(FileAnalyzer, "file analyzer", classes=True),
    "register_notification_channels": Brought(NotificationChannel, "notification channel"),
    "register_intake_channels": Brought(IntakeChannel, "intake channel"),
    "register_payment_providers": Brought(PaymentProvider, "payment provider"),
    "register_carriers": Brought(Carrier, "carrier"),
    "register_identity_providers": Brought(IdentityProvider, "identity provider"),
    "register_themes": Brought(Theme, "theme"),
    "register_pages": Brought(OwnPage, "page", shared=False),
    "register_reports": Brought(Report, "report", shared=False),
    "register_commands": Brought(OwnCommand, "command", shared=False),
    "register_migrations": Brought(Migration, "migration", shared=False),
    "register_schedules": Brought(Scheduled, "scheduled work", shared=False),
}


def _brought(thing: object) -> Brought:
    kind = thing if isinstance(thing, type) else thing.__class__  # of a guarded one: its own
    for one in REGISTERS.values():
        if issubclass(kind, one.base):
            return one
    raise LookupError(f"{kind.__name__} is nothing that a plugin brings")


def word_of(thing: object) -> str:
    """What something is that a plugin brought, for people ("carrier"). Raises LookupError for what none brings."""
    return _brought(thing).word


def check_given(thing: object, method: str, answer: Any) -> None:
    """Whether the answer of a method of something that a plugin brought is of the type that the SDK names for it, else
    raises WrongAnswer. Of a notification channel it may be anything: what it has sent is sent."""
    base: type[Any] = _brought(thing).base
    kind: type[Any] = thing.__class__
    wanted = Any if base is NotificationChannel else _promised(base, kind, method)
    if not _fits(answer, wanted):
        raise WrongAnswer(f"it gave {_what(answer)}, {getattr(wanted, '__name__', wanted)} was asked for")


def _promised(base: type[Any], kind: type[Any], method: str) -> Any:
    """What the SDK says that ``method`` returns: in the class below ``base`` that it has of its own, else in it."""
    ours = [one for one in kind.__mro__ if one.__module__ == base.__module__ and method in vars(one)]
    return get_type_hints(vars(ours[0])[method]).get("return", Any) if ours else Any


def _fits(answer: Any, wanted: Any) -> bool:
    if wanted is Any:
        return True
    origin, within = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return any(_fits(answer, one) for one in within)
    if origin is tuple:
        return isinstance(answer, (tuple, list)) and all(_fits(one, within[0]) for one in answer)
    return isinstance(answer, origin or wanted)


def check_brought(hook: str, given: Any) -> list[Any]:
    """What a ``register_…`` hook returned, as a list. Raises WrongAnswer."""
    brought = REGISTERS[hook]
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise WrongAnswer(f"{hook} returned {_what(given)}, not a list of each {brought.word}")
    things = []
    for number, thing in enumerate(given):
        if number == LISTED:
            raise WrongAnswer(f"{hook} gives more than {LISTED}")
        things.append(_checked(hook, brought, thing))
    return things


def _must_be(hook: str, brought: Brought, thing: Any) -> None:
    """That something is an object of what a hook asks for, or a class of it that can be made. Raises WrongAnswer."""
    base = brought.base.__name__
    if brought.classes:
        if not (isinstance(thing, type) and issubclass(thing, brought.base)):
            raise WrongAnswer(f"{hook} gave {_what(thing)}, a class of {base} was asked for")
        if inspect.isabstract(thing):
            missing = ", ".join(sorted(thing.__abstractmethods__))  # type: ignore[attr-defined]
            raise WrongAnswer(f"{hook} gave {thing.__name__}, which lacks {missing}")
        if issubclass(thing, FileAnalyzer):
            _check_formats(hook, thing)
    elif isinstance(thing, type):
        raise WrongAnswer(f"{hook} gave the class {thing.__name__}, an object of it was asked for")
    elif not isinstance(thing, brought.base):
        raise WrongAnswer(f"{hook} gave {_what(thing)}, an object of {base} was asked for")


def _checked(hook: str, brought: Brought, thing: Any) -> Any:
    _must_be(hook, brought, thing)
    name = getattr(thing, "name", None)
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        raise WrongAnswer(f"{hook} gave a {brought.word} whose name is {name!r}: write small letters, digits and _")
    if isinstance(thing, Migration):
        _check_migration(thing)
    if isinstance(thing, Scheduled) and not (SHORTEST_S <= thing.every_s <= LONGEST_S):
        raise WrongAnswer(f"{hook} gave {name}, which comes every {thing.every_s!r} s: a minute at least")
    if isinstance(thing, Theme) and not thing.folder.is_dir():
        raise WrongAnswer(f"{hook} gave the theme {name}, whose folder {thing.folder} is not there")
    if isinstance(thing, OwnPage):
        if not thing.template.is_file():
            raise WrongAnswer(f"{hook} gave the page {name}, whose template {thing.template} is not there")
        if not isinstance(thing.audience, Audience):
            raise WrongAnswer(f"{hook} gave the page {name} and does not say for whom it is")
    return thing


def _check_formats(hook: str, analyzer: type[FileAnalyzer]) -> None:
    """Raises WrongAnswer for an analyzer that opens what nobody knows, or declares what cannot be."""
    declared = getattr(analyzer, "declares", ())
    if not isinstance(declared, tuple):
        raise WrongAnswer(f"{hook} gave {analyzer.__name__}, whose declares is no tuple")
    if why := next((why for one in declared if (why := declared_faults(one))), ""):
        raise WrongAnswer(f"{hook} gave {analyzer.__name__}, which {why}")
    known = {*FileFormat, *(one.name for one in declared)}
    opens = getattr(analyzer, "formats", None)
    if not isinstance(opens, frozenset) or not opens <= known:
        raise WrongAnswer(f"{hook} gave {analyzer.__name__}, whose formats are {opens!r}: each is ours, or declared")


def _check_migration(migration: Migration) -> None:
    """Raises WrongAnswer for names that no database has, or steps that are none."""
    names = []
    for step in migration.steps:
        if isinstance(step, AddTable):
            names += [step.name, *(column.name for column in step.columns)]
            if "id" in names[1:]:
                raise WrongAnswer(f"the migration {migration.name} adds a column id, which every table has already")
        elif isinstance(step, AddColumn):
            names += [step.table, step.column.name]
        elif isinstance(step, DropTable):
            names.append(step.name)
        else:
            raise WrongAnswer(f"the migration {migration.name} has the step {_what(step)}, which is none")
    if bad := [one for one in names if not (isinstance(one, str) and NAME.fullmatch(one))]:
        raise WrongAnswer(f"the migration {migration.name} names {bad[0]!r}: write small letters, digits and _")


def _seconds(answer: Any) -> float:
    if isinstance(answer, bool) or not isinstance(answer, (int, float)):
        raise WrongAnswer(f"it answered {_what(answer)}, a number of seconds was asked for")
    if not (math.isfinite(answer) and 0 < answer <= LONGEST_S):
        raise WrongAnswer(f"it answered {answer!r} seconds")
    return float(answer)


def _price(answer: Any) -> Price:
    if not isinstance(answer, Price):
        raise WrongAnswer(f"it answered {_what(answer)}, a Price was asked for")
    return answer


def _text(answer: Any, wanted: str) -> str:
    if not isinstance(answer, str) or not answer.strip():
        raise WrongAnswer(f"it answered {_what(answer)}, {wanted} or None was asked for")
    return " ".join(answer.split())


def _refusal(answer: Any) -> str:
    sentence = _text(answer, "a sentence")
    return sentence if len(sentence) <= LONGEST_REFUSAL else sentence[: LONGEST_REFUSAL - 1] + "…"


def _place(answer: Any) -> str:
    return _text(answer, "where the invoice went")[:LONGEST_PLACE]


QUESTIONS: Mapping[str, Callable[[Any], Any]] = {
    "estimate_duration": _seconds,
    "price_line": _price,
    "deliver_invoice": _place,
    "refuse_upload": _refusal,
    "refuse_order": _refusal,
    "refuse_stage_change": _refusal,
}


PARTS = 10
"""Cards that one plugin may add to one page."""


def _of_kind(answer: Any, kind: type[Any], most: int) -> list[Any]:
    if isinstance(answer, (str, bytes)) or not isinstance(answer, Iterable):
        raise WrongAnswer(f"it answered {_what(answer)}, a list of each {kind.__name__} was asked for")
    things = []
    for number, thing in enumerate(answer):
        if number == most:
            raise WrongAnswer(f"it gave more than {most}")
        if not isinstance(thing, kind):
            raise WrongAnswer(f"it gave {_what(thing)}, a {kind.__name__} was asked for")
        if not (isinstance(thing.title, str) and thing.title.strip()):
            raise WrongAnswer(f"it gave a {kind.__name__} without a title")
        things.append(thing)
    return things


def _address(address: Any) -> None:
    fine = isinstance(address, str) and address.isprintable() and not set(address) & set(' \\"<>')
    if not fine or not re.match(r"https://[^/]|/(?!/)", address):
        raise WrongAnswer(f"it gave the address {address!r}; https, or a path that begins with one /, was asked for")


def _order_parts(answer: Any) -> list[OrderPart]:
    parts: list[OrderPart] = _of_kind(answer, OrderPart, PARTS)
    for part in parts:
        pairs = [*part.facts, *part.links]
        if not isinstance(part.text, str) or not all(
            isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(one, str) for one in pair) for pair in pairs
        ):
            raise WrongAnswer(f"the card {part.title!r} has facts or links that are no pairs of texts")
        for _text, address in part.links:
            _address(address)
    return parts


def _menu_links(answer: Any) -> list[MenuLink]:
    links: list[MenuLink] = _of_kind(answer, MenuLink, PARTS)
    for link in links:
        _address(link.address)
    return links


CONTRIBUTIONS: Mapping[str, Callable[[Any], Any]] = {
    "portal_order_panels": _order_parts,
    "staff_order_panels": _order_parts,
    "staff_menu": _menu_links,
}
"""Hooks that each plugin adds something to."""


def _what(thing: Any) -> str:
    text = " ".join(repr(thing).split())
    return f"{type(thing).__name__} ({text if len(text) < 60 else text[:59] + '…'})"
