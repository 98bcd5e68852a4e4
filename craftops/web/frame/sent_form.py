"""What a form has sent, as a frozen value: a page declares its fields and their types, pydantic reads them.

::

    class Hold(SentForm):
        reason: Line = ""
        waits_for_customer: Ticked = False

    form = Hold.sent()

A field is called as in the page, or by its ``alias`` where that is no name in Python. A field that was not sent has its
default, and one without a default must be sent. A tuple takes all values of a name; a dictionary those of ``name-…`` by
what follows, or with the alias ``name_`` those of ``name_…``; ``sent("7")`` reads the fields of one of several of a
page, ``name-7``, and ``prefixed("sender_")`` those that are called ``sender_name``. What cannot be read is an
IntakeError that names every such field. Rules of the shop are no business of a form: services know them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import IO, Annotated, Any, Self, get_origin
from zoneinfo import ZoneInfo

from flask import request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from werkzeug.datastructures import MultiDict

from craftops.domain.hours.days import written_moment
from craftops.errors import IntakeError
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number

NOT_TICKED = frozenset({"", "0", "no"})
Sent = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Says:
    """In the annotation of a field: the sentence where it cannot be read, by ``lazy_gettext``."""

    sentence: str


def cut(most: int) -> AfterValidator:
    """In the annotation of a text: what is longer than ``most`` characters ends there."""
    return AfterValidator(lambda text: text[:most])


def at_most(most: int) -> AfterValidator:
    """In the annotation of a tuple: so many of them count."""
    return AfterValidator(lambda several: several[:most])


def otherwise(default: Any) -> WrapValidator:
    """In the annotation of a choice: what counts where something else was sent than may be chosen."""

    def chosen(text: Any, read: ValidatorFunctionWrapHandler) -> Any:
        try:
            return read(text)
        except ValidationError:
            return default

    return WrapValidator(chosen)


def _number_or_none(text: Any) -> int | None:
    # Stripped before int sees it: some of what is space to str.strip is none to int.
    written = str(text).strip()
    return int(written) if is_number(written) else None


def _number(text: Any) -> int:
    found = _number_or_none(text)
    if found is None:
        raise ValueError("no whole number")
    return found


def _number_if_any(text: Any) -> int | None:
    return _number(text) if str(text).strip() else None


def _numbers(several: Any) -> tuple[int, ...]:
    return tuple(number for one in several if (number := _number_or_none(one)) is not None)


def _numbered(texts: Mapping[Any, Any]) -> dict[int, Any]:
    return {int(key): value for key, value in texts.items() if is_number(str(key))}


def _counted(texts: Mapping[Any, Any]) -> dict[int, int]:
    found = {key: _number_or_none(value) for key, value in _numbered(texts).items()}
    return {key: number for key, number in found.items() if number is not None}


Line = Annotated[str, AfterValidator(str.strip)]
"""A text without the space around it. A plain ``str`` is as it was typed."""
Number = Annotated[int, BeforeValidator(_number)]
"""A whole number, as ids and counts are."""
MaybeNumber = Annotated[int | None, BeforeValidator(_number_or_none)]
"""A whole number; None for anything else."""
NumberIfAny = Annotated[int | None, BeforeValidator(_number_if_any)]
"""A whole number; None where nothing was typed."""
Ticked = Annotated[bool, BeforeValidator(lambda text: text not in NOT_TICKED)]
"""A box that is ticked, or a button that was pressed."""
Numbers = Annotated[tuple[int, ...], BeforeValidator(_numbers)]
"""Those of the values that are whole numbers."""
Texts = tuple[str, ...]
NumberedTexts = Annotated[dict[int, str], BeforeValidator(_numbered)]
"""``name-7`` as 7, and its text."""
NumberedCounts = Annotated[dict[int, int], BeforeValidator(_counted)]
"""``name-7`` as 7, and its whole number; another text is left out."""


class SentForm(BaseModel):
    """The fields of a form. Built when it is first sent: most processes never see most forms."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    @classmethod
    def sent(cls, key: str | int | None = None) -> Self:
        """As this request has sent it, with ``-key`` behind the names. Raises IntakeError with the faulty fields."""
        return cls.read(request.form, key)

    @classmethod
    def asked(cls) -> Self:
        """As the address or the body of this request has it. Raises IntakeError with the faulty fields."""
        return cls.read(request.values)

    @classmethod
    def prefixed(cls, prefix: str) -> Self:
        """As this request has sent it, with ``prefix`` before the names. Raises IntakeError with the faulty fields."""
        own = ((name.removeprefix(prefix), text) for name, text in request.form.items(True) if name.startswith(prefix))
        return cls.read(MultiDict(own))

    @classmethod
    def read(cls, sent: Sent, key: str | int | None = None) -> Self:
        """The form that these values are of. Raises IntakeError with the faulty fields."""
        try:
            return cls.model_validate(_values(cls, sent, "" if key is None else f"-{key}"))
        except ValidationError as error:
            raise _fault(cls, error) from None


def typed() -> Sent:
    """All that was typed, as it was, for the page that shows it again; empty when nothing was sent."""
    return request.form


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that somebody has chosen; its name is theirs, and checked by nobody."""

    filename: str
    stream: IO[bytes]


def uploaded(name: str) -> SentFile | None:
    """The file of a field; None where none was chosen."""
    return next(iter(all_uploaded(name)), None)


def needed_file(name: str, sentence: str = "") -> SentFile:
    """The file of a field. Raises IntakeError where none was chosen."""
    found = uploaded(name)
    if found is None:
        raise IntakeError(sentence or _("Choose a file."))
    return found


def all_uploaded(name: str) -> list[SentFile]:
    """The files of a field that takes several."""
    return [SentFile(one.filename, one.stream) for one in request.files.getlist(name) if one.filename]


def moment_of(text: str, field: str, zone: ZoneInfo) -> datetime:
    """What a browser's ``field`` for a local time sends, as aware UTC. Raises IntakeError that names it."""
    try:
        return written_moment(text.strip(), zone)
    except ValueError:
        sentence = _("Write the time as 2026-11-26 14:00.")
        raise IntakeError(sentence, {field: sentence}) from None


@cache
def _fields(kind: type[SentForm]) -> tuple[tuple[str, Any], ...]:
    """The names of a form's fields in the page, and whether each is a tuple, a dict, or neither (None)."""
    return tuple((info.alias or name, get_origin(info.annotation)) for name, info in kind.model_fields.items())


def _values(kind: type[SentForm], sent: Sent, suffix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, shape in _fields(kind):
        if shape is dict:
            start = name if name.endswith("_") else f"{name}-"
            found[name] = {key.removeprefix(start): text for key, text in sent.items() if key.startswith(start)}
        elif shape is tuple:
            found[name] = tuple(sent.getlist(name + suffix))
        elif (text := sent.get(name + suffix)) is not None:
            found[name] = text
    return found


def _fault(kind: type[SentForm], error: ValidationError) -> IntakeError:
    """One sentence where one field is wrong, and a sentence at each field in any case."""
    own = {
        info.alias or name: next((str(one.sentence) for one in info.metadata if isinstance(one, Says)), "")
        for name, info in kind.model_fields.items()
    }
    faults: dict[str, str] = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(one["loc"][0])
        faults.setdefault(name, own.get(name) or _sentence(one["type"]))
    first = next(iter(faults.values()))
    return IntakeError(first if len(faults) == 1 else _("Some answers cannot be used yet."), faults)


def _sentence(kind: str) -> str:
    if kind == "missing":
        return _("This is needed.")
    return _("Choose one of them.") if kind in ("enum", "literal_error") else _("Write a whole number.")
