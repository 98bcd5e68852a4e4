"""The settings of a plugin as a form, made from its dataclass alone."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any

from flask_babel import gettext as _

from craftops.web.frame.views import Choice, FormField
from craftops.web.shop.plugin_views import FixedSetting

PLAIN = (str, int, float, bool)


def form_of(
    kind: type[Any], values: Mapping[str, Any], fixed: Mapping[str, Any], errors: Mapping[str, str]
) -> tuple[tuple[FormField, ...], tuple[FixedSetting, ...]]:
    """Fields that the browser may change, with the values of now, and settings that only ``shop.toml`` changes."""
    types_of = _types(kind)
    fields, others = [], []
    for one in dataclasses.fields(kind):
        secret, hint = bool(one.metadata.get("secret")), one.metadata.get("help", "")
        if one.name in fixed:
            others.append(FixedSetting(_label(one.name), hint, "" if secret else _shown(fixed[one.name]), True))
            continue
        if (made := _field(one, types_of.get(one.name), values, errors.get(one.name, ""))) is None:
            others.append(FixedSetting(_label(one.name), hint, "", False))
        else:
            fields.append(made)
    return tuple(fields), tuple(others)


def read_form(kind: type[Any], form: Mapping[str, str], fixed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as the settings type wants it; whether it may be so, the type itself says. Fields that were left
    empty or as they are by default stay out."""
    types_of = _types(kind)
    found: dict[str, Any] = {}
    for one in dataclasses.fields(kind):
        what = types_of.get(one.name)
        if one.name in fixed or one.name not in form or _input(what) is None:
            continue
        value = _read(what, form[one.name])
        if value != _default(one) and not (value == "" and what is not str):
            found[one.name] = value
    return found


def _types(kind: type[Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(kind)
    except (NameError, TypeError):
        return {one.name: one.type for one in dataclasses.fields(kind)}


def _input(what: Any) -> str | None:
    """The kind of input for a type; None where a form cannot say it."""
    what = _bare(what)
    if what is bool:
        return "checkbox"
    if what in (int, float):
        return "number"
    if what is str:
        return "text"
    if typing.get_origin(what) is typing.Literal or (isinstance(what, type) and issubclass(what, Enum)):
        return "select"
    if typing.get_origin(what) is tuple and typing.get_args(what) == (str, ...):
        return "textarea"
    return None


def _bare(what: Any) -> Any:
    """``X | None`` as ``X``, ``Annotated[X, …]`` as ``X``."""
    if typing.get_origin(what) in (typing.Union, types.UnionType):
        rest = [one for one in typing.get_args(what) if one is not type(None)]
        return rest[0] if len(rest) == 1 else what
    return typing.get_args(what)[0] if typing.get_origin(what) is typing.Annotated else what


def _field(one: dataclasses.Field[Any], what: Any, values: Mapping[str, Any], error: str) -> FormField | None:
    kind = _input(what)
    if kind is None:
        return None
    value, hint = values.get(one.name, _default(one)), one.metadata.get("help", "")
    must = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
    needed = must or _default(one) not in ("", None, [])
    if one.metadata.get("secret"):
        hint = f"{hint}. {_('One is kept. Leave it empty to keep it.')}" if value else hint
        return FormField(one.name, _label(one.name), "password", "", hint, error, needed and not value, (), "off")
    if kind == "textarea":
        hint = f"{hint}. {_('One a line.')}"
    choices: tuple[Choice, ...] = ()
    if kind == "select":
        choices = tuple(Choice(str(key), str(key), str(key) == _shown(value)) for key in _options(what))
    if kind == "checkbox":
        kind, choices = "radio", (Choice("1", _("Yes"), bool(value)), Choice("", _("No"), not value))
    if kind == "number" and _bare(what) is float:
        kind = "text"
    return FormField(one.name, _label(one.name), kind, _shown(value), hint, error, needed, choices)


def _options(what: Any) -> list[Any]:
    what = _bare(what)
    if typing.get_origin(what) is typing.Literal:
        return list(typing.get_args(what))
    return [one.value for one in what]


def _read(what: Any, text: str) -> Any:
    kind, text = _input(what), text.strip()
    if kind == "checkbox":
        return bool(text)
    if kind == "textarea":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if kind == "number":
        number = text.replace(",", ".")
        try:
            return int(number) if _bare(what) is int else float(number)
        except ValueError:
            return text
    return text


def _default(one: dataclasses.Field[Any]) -> Any:
    if one.default is not dataclasses.MISSING:
        value = one.default
    elif one.default_factory is not dataclasses.MISSING:
        value = one.default_factory()
    else:
        return ""
    return list(value) if isinstance(value, tuple) else getattr(value, "value", value)


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "\n".join(map(str, value)) if all(isinstance(one, PLAIN) for one in value) else ""
    return "" if value is None or isinstance(value, dict) else str(getattr(value, "value", value))


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
