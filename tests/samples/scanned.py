"""Codes on papers, read back by a scanner that knows nothing of how they were made (zxing-cpp)."""

from __future__ import annotations

import io

import pypdfium2
import zxingcpp
from PIL import Image


def scanned(picture: bytes | Image.Image) -> list[tuple[str, str]]:
    """Kind and text of every code on a picture."""
    image = picture if isinstance(picture, Image.Image) else Image.open(io.BytesIO(picture))
    return sorted((str(code.format).replace(" ", ""), code.text) for code in zxingcpp.read_barcodes(image))


def scanned_pdf(pdf: bytes, dpi: int = 300) -> list[tuple[str, str]]:
    """The same of every page of a PDF."""
    file = pypdfium2.PdfDocument(pdf)
    try:
        found = [one for page in file for one in scanned(page.render(scale=dpi / 72).to_pil())]
    finally:
        file.close()
    return sorted(found)


def words_of(pdf: bytes) -> str:
    """All text of a PDF, blanks and lines as one blank each."""
    file = pypdfium2.PdfDocument(pdf)
    try:
        said = " ".join(page.get_textpage().get_text_bounded() for page in file)
    finally:
        file.close()
    return " ".join(said.replace("\ufffe", "").replace("\u200b", "").split())


def page_count(pdf: bytes) -> int:
    file = pypdfium2.PdfDocument(pdf)
    try:
        return len(file)
    finally:
        file.close()
