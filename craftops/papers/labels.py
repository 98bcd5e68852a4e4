"""The shop's own labels, drawn from one frozen value: the address label of a parcel, and the label of a part.

PDF by typst; PNG from the same page at the printer's own resolution, black and white alone, whose bars are whole dots.
``labels_zpl.py`` writes the same for Zebra printers.
"""

from __future__ import annotations

import io
import unicodedata
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum

from craftops.papers.barcodes import QUIET, bars, widths
from craftops.papers.codes import qr_svg
from craftops.papers.typesetting import as_json, compiled
from craftops.papers.words import Words

MM_IN_INCH = 25.4
MODULE_MM = 0.375
"""Width of the narrowest bar at most: three dots at 203 dpi."""
BLACK_BELOW = 150


class LabelSize(StrEnum):
    """Rolls and sheets that label printers hold."""

    A6 = "a6"
    FOUR_BY_SIX = "4x6"
    ROLL_62 = "62mm"
    """62 mm wide and as long as the label is, cut off."""


SIZES_MM: dict[LabelSize, tuple[float, float | None]] = {
    LabelSize.A6: (105.0, 148.0),
    LabelSize.FOUR_BY_SIX: (101.6, 152.4),
    LabelSize.ROLL_62: (62.0, None),
}
DPI = (203, 300)
"""Dots per inch of label printers. 203 dpi printers have 8 dots a millimetre, which are 203.2."""


@dataclass(frozen=True, slots=True)
class LabelPaper:
    """The address label of one parcel. Addresses are lines as their country writes them."""

    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    code: str
    """What the bars say: the shipment's reference, "K7RCX3-2"; capitals, digits and hyphens."""
    order: str
    """The order's code, for people."""
    parcel: int
    parcels: int
    weight_g: int
    country: str = "DE"
    """The recipient's: it says how Han characters look."""
    service: str = ""
    """Service words: "DHL Paket, with signature"."""
    number: str = ""
    """The tracking number, where there is one."""
    note: str = ""
    """For the driver: "Ring twice"."""
    language: str = "en"
    home: str = "DE"
    """The shop's country, for numbers."""


@dataclass(frozen=True, slots=True)
class PartLabel:
    """A label that goes with parts through the workshop, and on the bag that is handed out."""

    order: str
    title: str
    facts: tuple[tuple[str, str], ...]
    """Label and value: material, colour, finish, bin."""
    quantity: str
    """"12 of 40", in words."""
    url: str
    """Where its code leads."""
    due: str = ""
    language: str = "en"
    country: str = "DE"


def label_pdf(paper: LabelPaper, size: LabelSize, day: date) -> bytes:
    """The label as a PDF of one page. Raises ValueError for a code that no scanner reads."""
    return compiled("label.typ", _told(paper, size, MODULE_MM), paper.country, day)


def label_png(paper: LabelPaper, size: LabelSize, day: date, dpi: int = 203) -> bytes:
    """The label as a black and white PNG for a printer of ``dpi``. Raises ValueError for a code that nobody reads."""
    told = _told(paper, size, _module_mm(dpi))
    return _one_bit(compiled("label.typ", told, paper.country, day, dpi=exact_dpi(dpi)), dpi)


def part_label_pdf(label: PartLabel, day: date) -> bytes:
    """A label of a part on a roll of 62 mm."""
    return compiled("part_label.typ", _part(label), label.country, day)


def part_label_png(label: PartLabel, day: date, dpi: int = 300) -> bytes:
    """The same, black and white, for a printer of ``dpi``."""
    return _one_bit(compiled("part_label.typ", _part(label), label.country, day, dpi=exact_dpi(dpi)), dpi)


def exact_dpi(dpi: int) -> float:
    """203 dpi are 8 dots a millimetre, 300 dpi are 12 (11.8), 600 dpi 24."""
    return 8 * MM_IN_INCH if dpi == 203 else float(dpi)


def _module_mm(dpi: int) -> float:
    """The widest bar of whole dots that is not wider than ``MODULE_MM``."""
    dot = MM_IN_INCH / exact_dpi(dpi)
    return max(1, int(MODULE_MM / dot + 1e-6)) * dot


def _told(paper: LabelPaper, size: LabelSize, module_mm: float) -> str:
    width, height = SIZES_MM[size]
    words = label_words(paper)
    return as_json({
        **asdict(paper),
        "words": words,
        "rtl": _is_rtl("".join(paper.recipient)),
        "bars": widths(paper.code),
        "modules": len(bars(paper.code)),
        "module_mm": module_mm,
        "quiet": QUIET,
        "qr": qr_svg(paper.code),
        "width": width,
        "height": height,
    })  # fmt: skip


def _is_rtl(text: str) -> bool:
    """Whether most letters run from right to left: such an address stands at the right."""
    runs = [unicodedata.bidirectional(one) for one in text]
    return sum(run in ("R", "AL") for run in runs) > sum(run == "L" for run in runs)


def label_words(paper: LabelPaper) -> dict[str, str]:
    """What the label says besides its values, in the shop's language."""
    words = Words.of(paper.language, paper.home)
    return {
        "from": words.say("label_from"),
        "to": words.say("label_to"),
        "order": words.say("label_order"),
        "parcel": words.say("label_parcel", n=str(paper.parcel), m=str(paper.parcels)),
        "weight": weight(paper.weight_g, words),
        "tracking": words.say("label_tracking"),
    }


def weight(grams: int, words: Words) -> str:
    """Below a kilogram in grams, above it in kilograms with two decimals."""
    if grams < 1000:
        return f"{words.number(grams)} g"
    return f"{words.decimal(grams / 1000)} kg"


def _part(label: PartLabel) -> str:
    words = Words.of(label.language, label.country)
    return as_json({**asdict(label), "qr": qr_svg(label.url), "words": {"due": words.say("label_due")}})


def _one_bit(picture: bytes, dpi: int) -> bytes:
    """Black where it is darker than paper. What a thermal printer would do itself, and less well."""
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as opened:
        grey = Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened.convert("RGBA")).convert("L")
    out = io.BytesIO()
    plain = grey.point(lambda value: 255 if value >= BLACK_BELOW else 0).convert("1", dither=Image.Dither.NONE)
    plain.save(out, "PNG", dpi=(exact_dpi(dpi), exact_dpi(dpi)), optimize=True)
    return out.getvalue()
