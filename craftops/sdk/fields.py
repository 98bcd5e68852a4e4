"""What staff fill in for a machine: one list of fields, from which its form, its checks and its sealing come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from craftops.errors import IntakeError
from craftops.sdk.outside_address import HTTP, check_address, check_url

LONGEST_VALUE = 500


class FieldKind(StrEnum):
    """What staff type into a field of a machine, and how it is kept."""

    ADDRESS = "address"
    """A scheme (http or https unless the field says another) and a host; kept in the clear."""
    URL = "url"
    """The whole http address of something else than the machine itself (its camera), with path and query; kept in the
    clear."""
    TEXT = "text"
    NUMBER = "number"
    """A number that is not negative; kept as it was typed, with a point."""
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105 - the name of a kind
    """Sealed at rest, never shown again, never logged."""


@dataclass(frozen=True, slots=True)
class LinkField:
    """One thing that a driver must know of a machine."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    hint: str = ""
    needed: bool = True
    default: str = ""
    """What stands in the form of a new machine."""
    choices: tuple[tuple[str, str], ...] = ()
    """Of a CHOICE: value, label."""
    schemes: tuple[str, ...] = HTTP
    """Of an ADDRESS; the first stands where none is written."""


ADDRESS = LinkField("address", "Address", FieldKind.ADDRESS, "Such as http://192.168.1.20")
API_KEY = LinkField("api_key", "API key", FieldKind.SECRET)
USERNAME = LinkField("username", "User name")
PASSWORD = LinkField("password", "Password", FieldKind.SECRET)
ACCESS_CODE = LinkField("access_code", "Access code", FieldKind.SECRET)
SERIAL = LinkField("serial", "Serial number")
CAMERA = LinkField(
    "camera",
    "Camera",
    FieldKind.URL,
    "Address of a still picture. Empty: the one that the machine itself has.",
    needed=False,
)


def _checked(field: LinkField, value: str) -> str:
    """A value as it is kept. Raises IntakeError."""
    if field.kind is FieldKind.ADDRESS:
        return check_address(value, field.schemes)
    if field.kind is FieldKind.URL:
        return check_url(value)
    if field.kind is FieldKind.CHOICE and value not in {known for known, _label in field.choices}:
        raise IntakeError(f"Pick one: {field.label}.")
    if field.kind is FieldKind.NUMBER:
        number = value.replace(",", ".")
        if not number.replace(".", "", 1).isascii() or not number.replace(".", "", 1).isdigit() or len(number) > 12:
            raise IntakeError(f"{field.label}: write a number, such as {field.default or '10'}.")
        return number
    return value


def split_fields(
    fields: tuple[LinkField, ...], given: Mapping[str, str], kept: Mapping[str, str]
) -> tuple[str, dict[str, str], dict[str, str]]:
    """Address, settings and secrets out of what staff typed; an empty secret keeps the one in ``kept``.

    Raises IntakeError with every faulty field.
    """
    faults: dict[str, str] = {}
    address = ""
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for field in fields:
        value = given.get(field.name, "").strip()
        if field.kind is FieldKind.SECRET:
            value = value or kept.get(field.name, "")
        if not value and field.needed:
            faults[field.name] = f"Fill in: {field.label}."
            continue
        if len(value) > LONGEST_VALUE or not value.isprintable():
            faults[field.name] = f"{field.label} is too long, or has characters that cannot be typed."
            continue
        try:
            value = _checked(field, value) if value else ""
        except IntakeError as error:
            faults[field.name] = error.sentence
            continue
        if field.kind is FieldKind.ADDRESS:
            address = value
        else:
            (secrets if field.kind is FieldKind.SECRET else settings)[field.name] = value
    if faults:
        raise IntakeError("The machine cannot be called like this.", faults)
    return address, settings, secrets
