"""QR codes on papers: of links we make them, of transfers they are handed in."""

from __future__ import annotations

import io
from functools import lru_cache

import segno

from craftops.papers.sheet import QrCode

PNG = b"\x89PNG"


def link_code(url: str, alt: str, caption: str) -> QrCode:
    """The code of an address, level M (ISO/IEC 18004)."""
    return QrCode(alt, caption, svg=qr_svg(url), url=url)


def picture_code(picture: bytes, alt: str, caption: str) -> QrCode:
    """A code that is there already, as PNG or SVG."""
    if picture.startswith(PNG):
        return QrCode(alt, caption, png=tuple(picture))
    return QrCode(alt, caption, svg=picture.decode())


@lru_cache(maxsize=256)
def qr_svg(text: str) -> str:
    """The code of a text, level M, without its quiet zone."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()
