"""Documents of money as JSON and back: frozen when they are issued, read for ever after."""

from __future__ import annotations

from typing import Any, cast

from pydantic import TypeAdapter

from craftops.domain.billing.documents import Document

_DOCUMENT = TypeAdapter(Document)


def document_to_json(document: Document) -> dict[str, Any]:
    """A document as JSON values."""
    return cast("dict[str, Any]", _DOCUMENT.dump_python(document, mode="json"))


def document_from_json(values: dict[str, Any]) -> Document:
    """The reverse of ``document_to_json``."""
    return _DOCUMENT.validate_python(values)
