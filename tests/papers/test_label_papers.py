"""Labels: what a scanner reads on them, and what no name may do to a printer."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from samples.labels import ARABIC, LABELS, LONG, PLAIN, ROGUE
from samples.scanned import page_count, scanned, scanned_pdf, words_of

from craftops.papers.barcodes import bars, widths
from craftops.papers.labels import (
    DPI,
    SIZES_MM,
    LabelPaper,
    LabelSize,
    PartLabel,
    label_pdf,
    label_png,
    part_label_pdf,
    part_label_png,
)
from craftops.papers.labels_zpl import label_zpl

DAY = date(2026, 11, 28)
PART = PartLabel(
    "K7RCX3", "Vase, left half", (("Material", "PLA"), ("Colour", "Signalweiß RAL 9003"), ("Bin", "B-14")), "12 of 40 pieces",
    "https://shop.example/s/K7RCX3/parts/1?t=3fGh", "Thu 3 Dec – Fri 4 Dec",
)  # fmt: skip


def codes(paper: LabelPaper) -> list[tuple[str, str]]:
    return [("Code128", paper.code), ("QRCode", paper.code)]


def letters(text: str) -> str:
    """Letters and digits alone: lines and hyphens are the page's own."""
    return "".join(one for one in text if one.isalnum())


@pytest.mark.parametrize("size", list(LabelSize))
@pytest.mark.parametrize("name", sorted(LABELS))
def test_every_code_scans_from_pdf_and_picture(name: str, size: LabelSize) -> None:
    paper = LABELS[name]
    assert scanned_pdf(label_pdf(paper, size, DAY)) == codes(paper)
    for dpi in DPI:
        assert scanned(label_png(paper, size, DAY, dpi)) == codes(paper)


@pytest.mark.parametrize("letter", ["W", "WWWWWW ", "国"])
@pytest.mark.parametrize("size", list(LabelSize))
def test_what_is_as_long_as_it_may_be_hides_no_code(letter: str, size: LabelSize) -> None:
    line = (letter * 100)[:100].strip()
    paper = replace(
        PLAIN, sender=(line,) * 5, recipient=(line,) * 7, service=line[:60], note=line, number="1" * 40, code="K7RCX3WXYZ-123"
    )  # fmt: skip
    assert scanned(label_png(paper, size, DAY)) == codes(paper)
    assert page_count(label_pdf(paper, size, DAY)) == 1


@settings(max_examples=15, deadline=None)
@given(
    st.from_regex(r"[A-Z0-9]{6,10}-[1-9][0-9]{0,2}", fullmatch=True), st.lists(st.text(max_size=90), min_size=1, max_size=8),
    st.sampled_from(list(LabelSize)),
)  # fmt: skip
def test_whatever_people_are_called_the_codes_scan(code: str, lines: list[str], size: LabelSize) -> None:
    paper = replace(PLAIN, code=code, recipient=tuple(lines))
    assert scanned(label_png(paper, size, DAY)) == codes(paper)
    zpl = label_zpl(paper, size, DAY)
    assert (zpl.count(b"^XA"), zpl.count(b"^XZ")) == (1, 1)


@pytest.mark.parametrize("size", list(LabelSize))
def test_all_that_must_be_read_stands_on_one_page(size: LabelSize) -> None:
    for paper in (PLAIN, LONG):
        pdf = label_pdf(paper, size, DAY)
        said = letters(words_of(pdf))
        for wanted in (
            *paper.sender,
            *paper.recipient,
            paper.order,
            paper.service,
            paper.number,
            paper.note,
            paper.code,
        ):
            assert letters(wanted) in said, wanted
        assert page_count(pdf) == 1
        assert pdf == label_pdf(paper, size, DAY)


def test_a_picture_is_black_and_white_and_of_the_printers_size() -> None:
    for dpi, dots in ((203, 8), (300, 300 / 25.4)):
        for size, (width, height) in SIZES_MM.items():
            with Image.open(io.BytesIO(label_png(PLAIN, size, DAY, dpi))) as picture:
                assert picture.mode == "1"
                assert abs(picture.width - width * dots) <= 1
                assert height is None or abs(picture.height - height * dots) <= 1


def test_the_address_never_runs_into_what_stands_below_it() -> None:
    """Between address and rule there is paper: a row of white above the line over the service."""
    for size in (LabelSize.A6, LabelSize.FOUR_BY_SIX):
        with Image.open(io.BytesIO(label_png(LONG, size, DAY))) as picture:
            grey = picture.convert("L")
        black = [sum(1 for x in range(40, grey.width - 40) if grey.getpixel((x, y)) == 0) for y in range(grey.height)]
        rules = [y for y, count in enumerate(black) if count > 0.98 * (grey.width - 80)]
        assert rules, "there is no rule"
        for y in rules:
            if y - 1 not in rules:
                assert sum(black[y - 8 : y]) == 0, f"something touches the rule at {y} on {size}"


def test_an_arabic_address_stands_at_the_right() -> None:
    for paper, empty in ((ARABIC, "left"), (LABELS["greek"], "right")):
        with Image.open(io.BytesIO(label_png(paper, LabelSize.FOUR_BY_SIX, DAY))) as picture:
            place = (50, 230, 200, 560) if empty == "left" else (picture.width - 200, 230, picture.width - 50, 560)
            assert picture.convert("L").crop(place).getextrema() == (255, 255), f"there is ink at the {empty}"


@pytest.mark.parametrize("code", ["", "k7rcx3", "K7 1", "K7^XA", "ÄÖ", "A" * 41])
def test_what_no_scanner_reads_is_not_printed(code: str) -> None:
    for draw in (lambda paper: label_pdf(paper, LabelSize.A6, DAY), lambda paper: label_zpl(paper, LabelSize.A6, DAY)):
        with pytest.raises(ValueError, match="no reference"):
            draw(replace(PLAIN, code=code))


@given(st.from_regex(r"[A-Z0-9-]{1,40}", fullmatch=True))
def test_bars_are_bars_and_gaps_in_turn(code: str) -> None:
    runs = widths(code)
    assert sum(runs) == len(bars(code))
    assert len(runs) % 2 == 1
    assert set(runs) <= {1, 2, 3, 4}


COMMANDS = {
    "XA",
    "CI",
    "PW",
    "LL",
    "LH",
    "PO",
    "FW",
    "FO",
    "A0",
    "FH",
    "FD",
    "FS",
    "GB",
    "BY",
    "BC",
    "BQ",
    "GF",
    "PQ",
    "XZ",
}


@pytest.mark.parametrize("place", ["sender", "recipient", "service", "number", "note", "order"])
@pytest.mark.parametrize("size", list(LabelSize))
def test_no_name_is_a_command_for_the_printer(place: str, size: LabelSize) -> None:
    value = (ROGUE, "Berlin") if place in ("sender", "recipient") else ROGUE[:20]
    zpl = label_zpl(replace(PLAIN, **{place: value}), size, DAY).decode("ascii")
    assert "~" not in zpl
    assert {found[:2] for found in re.findall(r"\^(..)", zpl)} <= COMMANDS
    assert zpl.count("^GB") <= 4
    assert zpl.startswith("^XA")
    assert zpl.rstrip().endswith("^XZ")
    assert (zpl.count("^XA"), zpl.count("^XZ")) == (1, 1)


def test_plain_letters_go_as_text_and_others_as_the_picture() -> None:
    text = label_zpl(PLAIN, LabelSize.FOUR_BY_SIX, DAY).decode("ascii")
    assert "^GFA" not in text
    assert "^CI28" in text
    said = [
        bytes.fromhex(found[1:]) if found.startswith("_") else found.encode()
        for found in re.findall(r"_[0-9A-F]{2}|.", text)
    ]
    assert "Gontardstraße 7" in b"".join(said).decode()
    for paper in (ARABIC, LONG):
        assert b"^GFA" in label_zpl(paper, LabelSize.FOUR_BY_SIX, DAY)
    assert len(label_zpl(ARABIC, LabelSize.FOUR_BY_SIX, DAY, 300)) < 40_000


def test_a_printer_that_is_not_made_is_told() -> None:
    with pytest.raises(ValueError, match="203"):
        label_zpl(PLAIN, LabelSize.A6, DAY, 72)


def test_the_label_of_a_part_leads_to_its_page() -> None:
    pdf = part_label_pdf(PART, DAY)
    assert scanned_pdf(pdf) == [("QRCode", PART.url)]
    assert scanned(part_label_png(PART, DAY)) == [("QRCode", PART.url)]
    said = words_of(pdf)
    for wanted in (
        "K7RCX3",
        "Vase, left half",
        "12 of 40 pieces",
        "Signalweiß RAL 9003",
        "B-14",
        "Thu 3 Dec – Fri 4 Dec",
    ):
        assert wanted in said
    assert page_count(pdf) == 1
