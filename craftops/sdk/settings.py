"""A plugin's settings are one frozen dataclass; everything else about them is derived from it.

::

    @dataclass(frozen=True, slots=True)
    class EmailSettings:
        host: str = setting("", help="Mail server; empty prints mails to the log instead")
        password: str = setting("", help="Password of the account", secret=True)
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from craftops.errors import ConfigError

T = TypeVar("T")
MASK = "********"
IN_WORDS = {
    "missing": "It must be set.",
    "int_parsing": "Write a whole number.",
    "int_type": "Write a whole number.",
    "int_from_float": "Write a whole number.",
    "float_parsing": "Write a number.",
    "float_type": "Write a number.",
    "string_type": "Write it as text, in quotes.",
    "bool_parsing": "Write true or false.",
    "bool_type": "Write true or false.",
}
"""What pydantic says about types, for whoever wrote the value."""


@dataclass(frozen=True, slots=True)
class NoSettings:
    """For a plugin that has nothing to set."""


def setting(
    default: Any = dataclasses.MISSING,
    *,
    help: str,
    secret: bool = False,
    label: str = "",
    choices: tuple[str, ...] = (),
    goes_to: bool = False,
) -> Any:
    """One field of a settings dataclass: its default, a sentence for the operator, whether it is secret.

    ``label`` is what stands above it on a page (else its name), ``choices`` are the only values that a page offers.
    ``goes_to``: it says where, or how well guarded, the secrets are sent. Whoever changes it types the secrets anew, so
    that nobody has a kept secret sent to a place of their own.
    """
    meta = {"help": help, "secret": secret, "label": label, "choices": choices, "goes_to": goes_to}
    return dataclasses.field(default=default, metadata=meta)


def parse(kind: type[T], raw: Mapping[str, Any], where: str) -> T:
    """Read settings of ``kind`` from a TOML table.

    Raises ConfigError that lists every fault at once, each with ``where`` and its key; an unknown key is a
    fault, with the nearest known one.
    """
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    faults = [f"{where}.{key}: no such setting{_nearest(key, list(fields))}" for key in raw if key not in fields]
    known = {key: value for key, value in raw.items() if key in fields}
    try:
        parsed: T = _adapter(kind).validate_python(known)  # type: ignore[arg-type]
    except ValidationError as error:
        faults += [
            f"{where}.{'.'.join(map(str, e['loc']))}: {IN_WORDS.get(e['type'], e['msg'])}" for e in error.errors()
        ]
    if faults:
        raise ConfigError("The settings cannot be used:", faults)
    return parsed


@lru_cache(maxsize=256)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _nearest(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
