"""A form made from the schema of settings, and what was typed into it as values: one place for every plugin."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal

import tomli_w

from craftops.errors import IntakeError
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.views import Choice, FormField


def _types(kind: type[Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(kind)
    except (NameError, TypeError):
        return {one.name: one.type for one in dataclasses.fields(kind)}


def _inner(annotation: Any) -> Any:
    """``X | None`` as ``X``, ``Annotated[X, …]`` as ``X``."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        rest = [one for one in typing.get_args(annotation) if one is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is typing.Annotated else annotation


def _is_enum(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Enum)


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return None if field.default_factory is dataclasses.MISSING else field.default_factory()


def _is_list(annotation: Any) -> bool:
    """A list of words."""
    return typing.get_origin(annotation) in (tuple, list) and typing.get_args(annotation)[0] is str


def is_simple(annotation: Any) -> bool:
    """Whether it is typed into one field; everything else is written as TOML."""
    inner = _inner(annotation)
    return inner in (str, int, float, bool) or typing.get_origin(inner) is Literal or _is_enum(inner) or _is_list(inner)


def _choices(field: dataclasses.Field[Any], annotation: Any) -> tuple[str, ...]:
    if typing.get_origin(_inner(annotation)) is Literal:
        return tuple(map(str, typing.get_args(_inner(annotation))))
    if _is_enum(_inner(annotation)):
        return tuple(str(one.value) for one in _inner(annotation))
    return tuple(field.metadata.get("choices") or ())


def form_fields(
    kind: type[Any],
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    typed: Mapping[str, str] | None = None,
    only: tuple[str, ...] = (),
    prefix: str = "",
) -> tuple[FormField, ...]:
    """The fields of a settings dataclass: with ``typed`` what was typed, else ``values``, else the defaults.

    ``only`` names some of them, in order; ``prefix`` goes before their names. A secret is never shown: its field is
    empty, and says whether there is one.
    """
    known = {one.name: one for one in dataclasses.fields(kind)}
    hints = _types(kind)
    return tuple(
        _form_field(known[name], hints[name], values, errors.get(name, ""), typed, prefix)
        for name in (only or tuple(known))
    )


def _form_field(
    field: dataclasses.Field[Any],
    annotation: Any,
    values: Mapping[str, Any],
    error: str,
    typed: Mapping[str, str] | None,
    prefix: str,
) -> FormField:
    name, help_ = prefix + field.name, str(field.metadata.get("help", ""))
    label = str(field.metadata.get("label") or field.name.replace("_", " ").capitalize())
    default = _default(field)
    needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    if field.metadata.get("secret"):
        hint = secret_hint() if values.get(field.name) else help_
        return FormField(name, label, "password", "", hint, error, False, autocomplete="new-password")
    shown = _shown(values.get(field.name, default), annotation)
    if typed is not None:
        shown = typed.get(name, "")
    if _inner(annotation) is bool:
        words = (Choice("1", _("Yes"), shown == "1"), Choice("", _("No"), shown != "1"))
        return FormField(name, label, "select", shown, help_, error, True, words)
    if found := _choices(field, annotation):
        choices = tuple(Choice(one, one, one == shown) for one in found)
        return FormField(name, label, "select", shown, help_, error, True, choices)
    if not is_simple(annotation):
        return FormField(name, label, "textarea", shown, help_, error, needed)
    return FormField(name, label, "text", shown, help_, error, needed)


def secret_hint() -> str:
    """What stands below a secret of which there is one."""
    return _("One is kept. Leave this empty to keep it.")


def _shown(value: Any, annotation: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else ""
    if _is_list(_inner(annotation)):
        return ", ".join(map(str, value))
    if not is_simple(annotation):
        return toml_of(value) if value else ""
    return str(value.value if isinstance(value, Enum) else value)


def toml_of(value: Any) -> str:
    """A list of tables as people write it."""
    plain = _plain(value)
    return tomli_w.dumps({"entry": plain}).strip() if plain else ""


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def form_values(
    kind: type[Any], typed: Mapping[str, str], only: tuple[str, ...] = (), prefix: str = ""
) -> dict[str, Any]:
    """What was typed, as settings. What stands empty is left out, so that the default counts; so are secrets that
    nobody typed. Raises IntakeError with every field that cannot be read; the rest is for the schema to judge."""
    hints, found, faults = _types(kind), {}, {}
    for field in dataclasses.fields(kind):
        if only and field.name not in only:
            continue
        text = typed.get(prefix + field.name, "").strip()
        try:
            value = _read(text, _inner(hints[field.name]))
        except IntakeError as error:
            faults[field.name] = error.sentence
            continue
        if value is not None:
            found[field.name] = value
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    return found


def _read(text: str, annotation: Any) -> Any:
    """A value; None for nothing. Raises IntakeError."""
    if annotation is bool:
        return text == "1"
    if not text:
        return None
    if annotation in (int, float):
        try:
            return annotation(text.replace(",", ".") if annotation is float else text)
        except ValueError:
            raise IntakeError(_("Write a number.")) from None
    if _is_list(annotation):
        return [one.strip() for one in text.replace("\n", ",").split(",") if one.strip()]
    if annotation is str or typing.get_origin(annotation) is Literal or _is_enum(annotation):
        if not text.isprintable():
            raise IntakeError(_("There is a character in it that cannot be typed."))
        return text
    return _read_toml(text)


def _read_toml(text: str) -> Any:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise IntakeError(_("This cannot be read: %(why)s.", why=str(error))) from None
    if set(found) != {"entry"}:
        raise IntakeError(_("Write each one below a line [[entry]]."))
    return found["entry"]
