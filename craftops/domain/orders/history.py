"""Looking for an order of long ago: the words that it is found by, and what may be asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 12
WRITTEN_PLACE = re.compile(r"[0-9]{1,16}-[0-9]{1,15}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class EndedAs(StrEnum):
    """Which orders are looked through."""

    ENDED = ""
    """Completed and cancelled ones."""
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    OPEN = "open"
    """Those that are still being made."""


def words_of(text: str) -> list[str]:
    """The words of a text as they are searched: without case and accents, "hex-spacer_m8.stl" is four."""
    bare = "".join(ch for ch in unicodedata.normalize("NFKD", text) if not unicodedata.combining(ch))
    return WORD.findall(bare.casefold())


def searchable(texts: Iterable[str]) -> str:
    """All words of these texts, each once."""
    return " ".join(dict.fromkeys(word for text in texts for word in words_of(text)))


@dataclass(frozen=True, slots=True)
class HistoryPlace:
    """Where a page of the history begins: behind the order of this moment and id."""

    at: datetime
    order_id: int

    def __str__(self) -> str:
        """For an address: microseconds since 1970 and the id."""
        return f"{(self.at - EPOCH) // MICROSECOND}-{self.order_id}"

    @classmethod
    def read(cls, text: str) -> HistoryPlace | None:
        """The reverse of ``str``; None for anything else."""
        if not WRITTEN_PLACE.fullmatch(text):
            return None
        micros, order_id = text.split("-")
        return cls(EPOCH + int(micros) * MICROSECOND, int(order_id))


@dataclass(frozen=True, slots=True)
class HistoryQuestion:
    """What is looked for. Sums in minor units, with both ends; ``until`` is the first moment that is too late."""

    words: tuple[str, ...] = ()
    material: str = ""
    ended_as: EndedAs = EndedAs.ENDED
    since: datetime | None = None
    until: datetime | None = None
    least: int | None = None
    most: int | None = None
    customer: str = ""
    """Part of a name or address; for people who work here."""

    @property
    def asks_for_money(self) -> bool:
        return self.least is not None or self.most is not None
