"""What the pages of statements and of the books get: frozen values, amounts in words already."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement; ``billed`` or ``settled`` is empty."""

    day: str
    what: str
    due: str
    billed: str
    settled: str
    open: str


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A customer's account over some days, which stand in ``since`` and ``until`` as 2026-11-26."""

    customer: str
    since: str
    until: str
    error: str
    since_words: str
    until_words: str
    opening: str
    closing: str
    in_credit: bool
    """Whether ``closing`` is in the customer's favour."""
    lines: tuple[StatementLine, ...]
    action: str
    pdf_url: str
    back_url: str


@dataclass(frozen=True, slots=True)
class BooksFile:
    """A file of the books that can be taken away; ``why_not`` says what is missing for it."""

    title: str
    sentence: str
    icon: str
    url: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class BooksPage:
    """``staff/books.html``."""

    since: str
    until: str
    error: str
    spans: tuple[tuple[str, str], ...]
    """Names and addresses of usual spans of days."""
    files: tuple[BooksFile, ...]
    documents: int
    payments: int
    billed: str
    received: str
