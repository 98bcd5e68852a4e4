"""What a plugin gives is looked at before anybody uses it: its kind, its name, an answer's type and size."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from craftops.domain.billing.pricing import Price
from craftops.sdk.analyzer import FileAnalyzer
from craftops.sdk.carrier import Carrier
from craftops.sdk.channel import IntakeChannel
from craftops.sdk.machine import MachineDriver
from craftops.sdk.notification import NotificationChannel
from craftops.sdk.pages import Audience, OwnPage
from craftops.sdk.payment import PaymentProvider
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
    "register_themes": Brought(Theme, "theme"),
    "register_pages": Brought(OwnPage, "page", shared=False),
}


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


def _checked(hook: str, brought: Brought, thing: Any) -> Any:
    base = brought.base.__name__
    if brought.classes:
        if not (isinstance(thing, type) and issubclass(thing, brought.base)):
            raise WrongAnswer(f"{hook} gave {_what(thing)}, a class of {base} was asked for")
        if inspect.isabstract(thing):
            missing = ", ".join(sorted(thing.__abstractmethods__))  # type: ignore[attr-defined]
            raise WrongAnswer(f"{hook} gave {thing.__name__}, which lacks {missing}")
    elif isinstance(thing, type):
        raise WrongAnswer(f"{hook} gave the class {thing.__name__}, an object of it was asked for")
    elif not isinstance(thing, brought.base):
        raise WrongAnswer(f"{hook} gave {_what(thing)}, an object of {base} was asked for")
    name = getattr(thing, "name", None)
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        raise WrongAnswer(f"{hook} gave a {brought.word} whose name is {name!r}: write small letters, digits and _")
    if isinstance(thing, Theme) and not thing.folder.is_dir():
        raise WrongAnswer(f"{hook} gave the theme {name}, whose folder {thing.folder} is not there")
    if isinstance(thing, OwnPage):
        if not thing.template.is_file():
            raise WrongAnswer(f"{hook} gave the page {name}, whose template {thing.template} is not there")
        if not isinstance(thing.audience, Audience):
            raise WrongAnswer(f"{hook} gave the page {name} and does not say for whom it is")
    return thing


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


QUESTIONS: Mapping[str, Callable[[Any], Any]] = {"estimate_duration": _seconds, "price_line": _price}


def _what(thing: Any) -> str:
    text = " ".join(repr(thing).split())
    return f"{type(thing).__name__} ({text if len(text) < 60 else text[:59] + '…'})"
