"""Papers that go with parcels: packing slip, hand-over list, customs declaration. From frozen values to PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from craftops.domain.billing.documents import Party
from craftops.domain.billing.money import Money
from craftops.domain.shipping.carriage import CustomsLine
from craftops.papers.brand import Brand
from craftops.papers.codes import link_code
from craftops.papers.labels import weight
from craftops.papers.sheet import Cell, Column, PaperRow, PayBox, Sheet, SumLine, letter
from craftops.papers.typesetting import typeset
from craftops.papers.words import Words


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One line of an order in one parcel. Numbers are pieces."""

    title: str
    about: tuple[str, ...] = ()
    """Material, colour, finish."""
    ordered: int = 0
    here: int = 0
    follows: int = 0


@dataclass(frozen=True, slots=True)
class PackingSlip:
    """What lies in a parcel, for who packs it and who unpacks it. It has no prices."""

    seller: Party
    recipient: tuple[str, ...]
    """Lines as on the label."""
    country: str
    code: str
    order: str
    parcel: int
    parcels: int
    weight_g: int
    lines: tuple[SlipLine, ...]
    issued_on: date
    url: str = ""
    """Where its code leads; empty prints none."""
    service: str = ""
    number: str = ""
    note: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One parcel of a hand-over list."""

    code: str
    recipient: str
    place: str
    """Postcode and town; the country where it is another."""
    number: str
    weight_g: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a driver took along, to be signed."""

    seller: Party
    carrier: str
    at: datetime
    """Aware UTC."""
    time_zone: str
    lines: tuple[ManifestLine, ...]
    language: str = "en"


@dataclass(frozen=True, slots=True)
class CustomsDeclaration:
    """What customs want to know of a parcel, after the forms CN 22 and CN 23 of the Universal Postal Union."""

    seller: Party
    recipient: tuple[str, ...]
    country: str
    code: str
    lines: tuple[CustomsLine, ...]
    parcel_weight_g: int
    issued_on: date
    number: str = ""
    postage: Money | None = None
    small: bool = False
    """CN 22: up to 2 kg and 300 SDR."""
    language: str = "en"


def slip_pdf(slip: PackingSlip, brand: Brand) -> bytes:
    """The packing slip; the same slip gives the same bytes."""
    words = Words.of(slip.language, slip.seller.country)
    say = words.say
    facts = (
        (say("label_order"), slip.order),
        (say("parcel"), say("label_parcel", n=str(slip.parcel), m=str(slip.parcels))),
        (say("weight"), weight(slip.weight_g, words)),
        (say("service"), slip.service),
        (say("tracking"), slip.number),
        (say("date"), words.day(slip.issued_on)),
    )
    rows = tuple(
        PaperRow((Cell(line.title, line.about), *(Cell(words.number(one) if one else "–") for one in _counts(line))))
        for line in slip.lines
    )
    sheet = Sheet(
        title=f"{say('slip')} {slip.code}",
        facts=_filled(facts),
        columns=(Column(say("contents"), "wide"), Column(say("ordered")), Column(say("here")), Column(say("follows"))),
        rows=rows,
        sums=(),
        pay=_code_box(slip.url, slip.code, words),
        note=slip.note.strip(),
        **_to(slip.seller, slip.recipient, slip.country, brand, words),
    )
    return typeset(sheet, slip.issued_on, brand.logo)


def _counts(line: SlipLine) -> tuple[int, int, int]:
    return line.ordered, line.here, line.follows


def _code_box(url: str, code: str, words: Words) -> PayBox | None:
    if not url:
        return None
    drawn = link_code(url, words.say("slip_code", code=code), words.say("slip_open"))
    return PayBox(code, (), (drawn,))


def manifest_pdf(manifest: Manifest, brand: Brand) -> bytes:
    """The hand-over list, as long as it must be."""
    words = Words.of(manifest.language, manifest.seller.country)
    say = words.say
    day = manifest.at.astimezone(ZoneInfo(manifest.time_zone)).date()
    rows = tuple(
        PaperRow(
            (Cell(one.code), Cell(one.recipient, (one.place,)), Cell(one.number), Cell(weight(one.weight_g, words)))
        )
        for one in manifest.lines
    )
    whole = weight(sum(one.weight_g for one in manifest.lines), words)
    sheet = Sheet(
        title=f"{say('manifest')} {manifest.carrier}",
        facts=((say("carrier"), manifest.carrier), (say("date"), words.moment(manifest.at, manifest.time_zone))),
        columns=(
            Column(say("parcel"), "start"), Column(say("recipient"), "wide"), Column(say("tracking"), "start"),
            Column(say("weight")),
        ),
        rows=rows,
        sums=(),
        signature=(say("handed_over", count=words.number(len(manifest.lines)), weight=whole), say("signed")),
        **_to(manifest.seller, (manifest.carrier,), manifest.seller.country, brand, words),
    )  # fmt: skip
    return typeset(sheet, day, brand.logo)


def customs_pdf(paper: CustomsDeclaration, brand: Brand) -> bytes:
    """The declaration. Raises ValueError for no lines, or lines in several currencies."""
    currencies = {line.value.currency for line in paper.lines}
    if len(currencies) != 1:
        raise ValueError("a declaration has lines, all in one currency")
    words = Words.of(paper.language, paper.seller.country)
    say = words.say
    total = Money(sum(line.value.minor for line in paper.lines), currencies.pop())
    net = sum(line.weight_g for line in paper.lines)
    facts = (
        (say("parcel"), paper.code),
        (say("tracking"), paper.number),
        (say("date"), words.day(paper.issued_on)),
        (say("gross_weight"), weight(paper.parcel_weight_g, words)),
        (say("postage"), words.money(paper.postage) if paper.postage else ""),
    )
    sheet = Sheet(
        title=f"{say('customs_small' if paper.small else 'customs')} {paper.code}",
        facts=_filled(facts),
        columns=(
            Column(say("contents"), "wide"), Column(say("quantity")), Column(say("hs_code")), Column(say("origin")),
            Column(say("net_weight")), Column(say("value")),
        ),
        rows=tuple(_customs_row(line, words) for line in paper.lines),
        sums=(
            SumLine(say("total_weight"), weight(net, words)),
            SumLine(say("total_value"), words.money(total), "strong"),
        ),
        small=(f"{say('category')}: {say('category_goods')}",),
        note=say("customs_oath"),
        signature=(say("customs_signed"),),
        **_to(paper.seller, paper.recipient, paper.country, brand, words),
    )  # fmt: skip
    return typeset(sheet, paper.issued_on, brand.logo)


def _customs_row(line: CustomsLine, words: Words) -> PaperRow:
    code = ".".join(filter(None, (line.hs_code[:4], line.hs_code[4:6], line.hs_code[6:8], line.hs_code[8:])))
    return PaperRow(
        (
            Cell(line.description),
            Cell(words.number(line.quantity)),
            Cell(code),
            Cell(line.origin),
            Cell(weight(line.weight_g, words)),
            Cell(words.money(line.value)),
        )
    )


def _filled(facts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(fact for fact in facts if fact[1].strip())


def _to(seller: Party, lines: tuple[str, ...], country: str, brand: Brand, words: Words) -> dict[str, Any]:
    """The frame of every paper, with the lines of the label in its window."""
    frame = letter(seller, Party(lines[0] if lines else "", country=country), brand, words, None)
    return {**frame, "address": lines}
