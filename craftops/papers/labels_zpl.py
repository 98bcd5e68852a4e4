"""The address label for Zebra printers, in ZPL II (Zebra, "ZPL II Programming Guide").

Where the printer's own font has all letters, they are sent as text in UTF-8 (``^CI28``) and the codes as the printer's
own (``^BC``, ``^BQ``), which are sharp and small; else the whole label is sent as the picture that the PNG is
(``^GFA``, compressed). Every sign of what people wrote that is not a plain letter, digit or blank goes as ``^FH``
hexadecimal, so no name can hold a command.
"""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from collections.abc import Iterator
from datetime import date

from craftops.papers.barcodes import QUIET, bars
from craftops.papers.labels import LabelPaper, LabelSize, label_png, label_words

SIZES = {LabelSize.A6: (105.0, 148.0), LabelSize.FOUR_BY_SIX: (101.6, 152.4)}
"""Media of label printers that speak ZPL; a roll of 62 mm is for others, and its label is sent as a picture."""
DOTS = {203: 8, 300: 12, 600: 24}
"""Dots a millimetre, as these printers have them."""
PRINTABLE = frozenset(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0x180)))) | {"€", "–", "’", "“", "”", "„"}
"""What font 0 of every Zebra printer has: Latin letters of Europe."""
WIDE = 0.58
"""Width of a letter of font 0 at most in the mean, in parts of its height."""
LEAST_MM = 2.4
LEAST_ADDRESS_MM = 3.4
"""An address that would be smaller goes as a picture, whose lines can be broken."""


def label_zpl(paper: LabelPaper, size: LabelSize, day: date, dpi: int = 203) -> bytes:
    """The label. Raises ValueError for a code that no scanner reads, or a resolution that no such printer has."""
    if dpi not in DOTS:
        raise ValueError(f"{dpi} dpi is none of {', '.join(map(str, DOTS))}")
    bars(paper.code)
    lines = _text_label(paper, size, DOTS[dpi]) if size in SIZES and _is_plain(paper) else None
    return lines if lines is not None else _picture(label_png(paper, size, day, dpi))


def _is_plain(paper: LabelPaper) -> bool:
    said = (
        *paper.sender,
        *paper.recipient,
        paper.order,
        paper.service,
        paper.number,
        paper.note,
        *label_words(paper).values(),
    )
    return all(set(text) <= PRINTABLE for text in said)


def field(text: str) -> str:
    """``^FH^FD…^FS`` with everything but letters, digits and blanks in hexadecimal."""
    plain = (chr(one) if _is_word(one) else f"_{one:02X}" for one in text.encode())
    return f"^FH^FD{''.join(plain)}^FS"


def _is_word(byte: int) -> bool:
    return byte == 0x20 or (byte < 0x80 and chr(byte).isalnum())


class _ZplPen:
    """Writes down the page in dots, and knows how far it has come."""

    def __init__(self, width: int, dots: int) -> None:
        self.dots = dots
        self.edge = 5 * dots
        self.inner = width - 2 * self.edge
        self.y = self.edge
        self.commands: list[str] = []

    def line(self, text: str, most_mm: float, *, x: int = 0, room: int | None = None, gap_mm: float = 0.8) -> bool:
        """One line in letters as large as fit; False where they would be too small to be read."""
        room = room or self.inner
        height = min(int(most_mm * self.dots), int(room / (WIDE * max(1, len(text)))))
        if height < LEAST_MM * self.dots:
            return False
        self.commands.append(f"^FO{self.edge + x},{self.y}^A0N,{height},{height}{field(text)}")
        self.y += height + int(gap_mm * self.dots)
        return True

    def rule(self) -> None:
        self.y += self.dots
        self.commands.append(
            f"^FO{self.edge},{self.y}^GB{self.inner},{max(2, self.dots // 3)},{max(2, self.dots // 3)}^FS"
        )
        self.y += 2 * self.dots


def _text_label(paper: LabelPaper, size: LabelSize, dots: int) -> bytes | None:
    """None where a line is too long to be read, or the lines too many."""
    width, height = (int(side * dots) for side in SIZES[size])
    pen, words = _ZplPen(width, dots), label_words(paper)
    if not all(_head(pen, paper, words)):
        return None
    pen.rule()
    longest = max((len(line) for line in paper.recipient), default=1)
    most = min(6.5, 42 / max(1, len(paper.recipient)), pen.inner / dots / (WIDE * max(1, longest)))
    if most < LEAST_ADDRESS_MM or not all(pen.line(line, most, gap_mm=1.2) for line in paper.recipient):
        return None
    told = [
        (paper.service, 4.5),
        (f"{words['tracking']} {paper.number}" if paper.number else "", 3.2),
        (paper.note, 3.2),
    ]
    said = [one for one in told if one[0]]
    foot = height - pen.edge - 46 * dots - sum(int((most + 0.8) * dots) for _, most in said)
    if pen.y > foot:
        return None
    pen.y = foot
    pen.rule()
    if not all(pen.line(text, most) for text, most in said):
        return None
    if said:
        pen.rule()
    _codes(pen, paper.code, dots)
    head = f"^XA^CI28^PW{width}^LL{height}^LH0,0^PON^FWN"
    return "\n".join([head, *pen.commands, "^PQ1", "^XZ", ""]).encode()


def _head(pen: _ZplPen, paper: LabelPaper, words: dict[str, str]) -> Iterator[bool]:
    """Sender to the left, order, parcel and weight to the right."""
    half = int(pen.inner * 0.6)
    top = pen.y
    yield pen.line(words["from"], 2.6, room=half)
    for line in paper.sender:
        yield pen.line(line, 3.0, room=half)
    below = pen.y
    pen.y = top
    for text, most in ((paper.order, 6.0), (words["parcel"], 3.6), (words["weight"], 3.6)):
        yield pen.line(text, most, x=half + pen.dots, room=pen.inner - half - pen.dots)
    pen.y = max(pen.y, below)


def _codes(pen: _ZplPen, code: str, dots: int) -> None:
    """Bars of three dots a module at 203 dpi, the reference below them, and the square code beside it."""
    module = max(2, round(0.375 * dots))
    while (len(bars(code)) + 2 * QUIET) * module > pen.inner and module > 1:
        module -= 1
    x = pen.edge + (pen.inner - len(bars(code)) * module) // 2
    tall = 17 * dots
    pen.commands.append(f"^FO{x},{pen.y}^BY{module}^BCN,{tall},N,N,N,A{field(code)}")
    pen.y += tall + 2 * dots
    pen.commands.append(f"^FO{pen.edge},{pen.y + 6 * dots}^A0N,{5 * dots},{5 * dots}{field(code)}")
    magnify = max(2, min(10, round(0.75 * dots)))
    pen.commands.append(f"^FO{pen.edge + pen.inner - 21 * magnify - 2 * dots},{pen.y}^BQN,2,{magnify}{_qr_field(code)}")


def _qr_field(code: str) -> str:
    """Level M, chosen automatically; the comma and the letters before it belong to the command."""
    return field(code).replace("^FD", "^FDMA,", 1)


def _picture(png: bytes) -> bytes:
    """A black and white PNG as a graphic field, deflated (``:Z64:`` with its CRC-16)."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(png)) as opened:
        inverted = ImageOps.invert(opened.convert("L")).convert("1", dither=Image.Dither.NONE)
        width, height = inverted.size
        data = inverted.tobytes()
    row = (width + 7) // 8
    packed = base64.b64encode(zlib.compress(data, 9))
    graphic = f":Z64:{packed.decode()}:{binascii.crc_hqx(packed, 0):04X}"
    lines = [
        f"^XA^PW{row * 8}^LL{height}^LH0,0^PON",
        f"^FO0,0^GFA,{len(data)},{len(data)},{row},{graphic}^FS",
        "^PQ1",
        "^XZ",
        "",
    ]
    return "\n".join(lines).encode()
