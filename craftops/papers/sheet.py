"""What stands on a paper, as strings and in its place: the data that the template sets. Nothing in it is markup."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from craftops.domain.billing.documents import BankAccount, Party
from craftops.papers.brand import Brand, paper_size
from craftops.papers.words import Words


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, and "start", "end" or "wide" (which takes what room is left)."""

    head: str
    place: str = "end"


@dataclass(frozen=True, slots=True)
class Cell:
    """Words of a cell; ``small`` are lines under them."""

    main: str
    small: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A row; ``carried`` is what all rows so far come to, told where the table goes on on another page."""

    cells: tuple[Cell, ...]
    carried: str = ""


@dataclass(frozen=True, slots=True)
class SumLine:
    """A line below the table. ``weight``: "plain", "strong" or "small"."""

    label: str
    value: str
    weight: str = "plain"


@dataclass(frozen=True, slots=True)
class QrCode:
    """``svg`` as text, or ``png`` as numbers of its bytes; ``alt`` for who cannot see it."""

    alt: str
    caption: str
    svg: str = ""
    png: tuple[int, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class PayBox:
    """How it is paid, or accepted."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    codes: tuple[QrCode, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole paper, in the order in which it is read."""

    title: str
    language: str
    region: str
    reader: str
    """The buyer's country: it says how Han characters look."""
    paper: str
    accent: str
    ink: str
    shop: str
    sender: str
    address: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    rows: tuple[PaperRow, ...]
    sums: tuple[SumLine, ...]
    foot: tuple[tuple[str, ...], ...]
    page: str
    """With {n} and {m}."""
    carried: str
    logo_alt: str
    author: str
    hero: tuple[str, str] | None = None
    """A label and an amount that is the point of the paper."""
    small: tuple[str, ...] = ()
    """Sentences under the sums: why there is no tax."""
    pay: PayBox | None = None
    note: str = ""
    terms: str = ""
    signature: tuple[str, ...] = ()
    """Sentences over a line to sign on."""

    def data(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def letter(seller: Party, buyer: Party, brand: Brand, words: Words, bank: BankAccount | None) -> dict[str, Any]:
    """What every paper has in common."""
    return {
        "language": words.language,
        "region": words.territory,
        "reader": buyer.country,
        "paper": paper_size(seller.country),
        "accent": brand.accent,
        "ink": brand.ink,
        "shop": seller.name,
        "author": seller.name,
        "sender": " · ".join(part for part in (seller.name, *seller.address, _town(seller)) if part),
        "address": address_of(buyer, seller.country, words),
        "foot": foot(seller, brand, words, bank),
        "page": words.say("page"),
        "carried": words.say("carried"),
        "logo_alt": words.say("logo", name=seller.name),
    }


def address_of(party: Party, home: str, words: Words) -> tuple[str, ...]:
    """An address as the post reads it: the country in capitals, and only abroad."""
    abroad = words.country(party.country).upper() if party.country and party.country != home else ""
    contact = party.contact if party.contact != party.name else ""
    return tuple(line for line in (party.name, contact, *party.address, _town(party), abroad) if line.strip())


def foot(seller: Party, brand: Brand, words: Words, bank: BankAccount | None) -> tuple[tuple[str, ...], ...]:
    """Three columns: who we are, how we are reached and registered, where our money lies."""
    ids = [
        f"{words.say(key)} {value}"
        for key, value in (("vat_id", seller.vat_id), ("tax_number", seller.tax_number))
        if value
    ]
    columns = (
        (seller.name, *seller.address, _town(seller), seller.registration),
        (seller.phone, seller.email, brand.website, *ids),
        (bank.holder, spaced(bank.iban), bank.bic) if bank else (),
    )
    return tuple(found for column in columns if (found := tuple(line for line in column if line.strip())))


def spaced(iban: str) -> str:
    """An IBAN in groups of four (ISO 13616)."""
    plain = "".join(iban.split())
    return " ".join(plain[place : place + 4] for place in range(0, len(plain), 4))


def _town(party: Party) -> str:
    return f"{party.postcode} {party.city}".strip()
