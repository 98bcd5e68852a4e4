"""A stranger's SVG as text: unpacked, decoded, without its document type."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from pathlib import Path

from craftops.sdk.analyzer import NotReadable

MOST_BYTES = 200_000_000
LONGEST_ENTITY = 2_000
AGAIN = "Please export it and send it again."
DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
ENTITY = re.compile(r"""<!ENTITY\s+([\w.-]+)\s+(?:"([^"&%]*)"|'([^'&%]*)')\s*>""")
ENCODING = re.compile(rb"""^<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']""")
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def text_of(path: Path) -> str:
    """The SVG as text without declaration and document type, plain entities in their places. Raises NotReadable."""
    text = _decoded(path.read_bytes())
    return _without_doctype(DECLARATION.sub("", text, count=1))


def _decoded(raw: bytes) -> str:
    if raw.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(io.BytesIO(raw)) as stream:
                raw = stream.read(MOST_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise NotReadable("damaged", "The compressed SVG is damaged.", AGAIN) from None
        if len(raw) > MOST_BYTES:
            raise NotReadable("bomb", "It would unpack to a size that no drawing has.", AGAIN)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace").lstrip("\ufeff")
    named = ENCODING.match(raw.lstrip(b"\xef\xbb\xbf \t\r\n"))
    for encoding in (named[1].decode() if named else "utf-8", "utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding).lstrip("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("latin-1")


def _without_doctype(text: str) -> str:
    """Internal entities that name no others are put in place, with markup too; everything else of a DTD is dropped."""
    found = DOCTYPE.search(text)
    if not found:
        return text
    text = text[: found.start()] + text[found.end() :]
    for name, double, single in ENTITY.findall(found[0]):
        value = double or single
        if len(value) >= LONGEST_ENTITY:
            continue
        if len(text) + text.count(f"&{name};") * len(value) > MOST_BYTES:
            raise NotReadable("bomb", "It would unfold to a size that no drawing has.", AGAIN)
        text = text.replace(f"&{name};", value)
    return text
