"""Writing XML in the namespaces of a Cross Industry Invoice: elements as frozen values, what is empty left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to say."""


@dataclass(frozen=True, slots=True)
class XmlText:
    """An element with words in it."""

    name: str
    value: str
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class XmlElement:
    """An element with elements in it."""

    name: str
    children: tuple[XmlElement | XmlText, ...]


def text(name: str, value: str, **attributes: str) -> XmlText | None:
    """An element of ``value`` without the blanks around it; None for nothing."""
    said = FORBIDDEN.sub("", value).strip()
    return XmlText(name, said, tuple(attributes.items())) if said else None


def node(name: str, *children: XmlElement | XmlText | None) -> XmlElement:
    """An element of what is there of ``children``."""
    return XmlElement(name, tuple(child for child in children if child is not None))


def optional(name: str, *children: XmlElement | XmlText | None) -> XmlElement | None:
    """The same; None when nothing is there."""
    found = node(name, *children)
    return found if found.children else None


def written(root: XmlElement) -> bytes:
    """The document, UTF-8, indented by two."""
    spaces = "".join(f" xmlns:{prefix}={quoteattr(name)}" for prefix, name in NAMESPACES.items())
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<{root.name}{spaces}>"]
    for child in root.children:
        _write(child, "  ", lines)
    lines += [f"</{root.name}>", ""]
    return "\n".join(lines).encode()


def _write(one: XmlElement | XmlText, indent: str, lines: list[str]) -> None:
    if isinstance(one, XmlText):
        said = "".join(f" {name}={quoteattr(value)}" for name, value in one.attributes)
        lines.append(f"{indent}<{one.name}{said}>{escape(one.value)}</{one.name}>")
        return
    lines.append(f"{indent}<{one.name}>")
    for child in one.children:
        _write(child, indent + "  ", lines)
    lines.append(f"{indent}</{one.name}>")
