"""What somebody wrote in a mail, told from what their program quoted below, above or between. Nothing is ever cut.

The text is read line by line into kinds (own words, quotes, the lines that introduce quotes, header blocks,
signatures). What the kinds say together decides which lines are folded away; a reader can always unfold them. Where it
is not clear, words are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from craftops.domain.messages import reply_marks as marks

MOST = 262_144
"""Characters that are looked at; what is longer is shown whole."""
LONGEST_LINE = 500
"""Of a line, only so many characters decide what it is."""
TAIL = 7
"""So many lines below a quote are an answer; fewer may be a signature, where somebody has written above it."""
INTRODUCED = 4
"""Lines at most of "On … somebody wrote:"."""
KNOWN_RUN = 2
"""So many lines in a row that we have sent ourselves are a quote without a mark."""


class _Kind(Enum):
    EMPTY = "e"
    TEXT = "t"
    QUOTE = "q"
    INTRO = "b"
    """Introduces what was written before: "On … wrote:", "Original message", the first line of a header block."""
    HEADER = "h"
    SIGNATURE = "s"
    CODE = "c"
    """Between two fences: text, whatever it looks like."""


@dataclass(frozen=True, slots=True)
class TrimmedReply:
    """A mail's text in two parts. Every line of it is in one of them, in its order."""

    own: str
    folded: str


def trim_reply(text: str, sent: Iterable[str] = ()) -> TrimmedReply:
    """Tell what was written from what was quoted. ``sent``: texts of ours that may be quoted without any mark.

    Time grows with the length of the text alone; one of more than ``MOST`` characters is all shown.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\x00", "")
    if len(text) > MOST:
        return TrimmedReply(text.strip("\n"), "")
    lines = text.split("\n")
    kinds = _kinds(lines)
    _mark_sent(lines, kinds, sent)
    shown = _shown(kinds)
    for number, line in enumerate(lines):
        if marks.MARKER_LINE.match(line[:LONGEST_LINE]):
            shown = [one and index < number for index, one in enumerate(shown)]
            break
    own = [line for line, keep in zip(lines, shown, strict=True) if keep]
    folded = [line for line, keep in zip(lines, shown, strict=True) if not keep]
    return TrimmedReply(_block(own), _block(folded))


def _block(lines: list[str]) -> str:
    """Lines as a text without empty edges."""
    return "\n".join(line.rstrip() for line in lines).strip("\n")


# What each line is


def _kinds(lines: list[str]) -> list[_Kind]:
    heads = [line[:LONGEST_LINE] for line in lines]
    kinds = _simple_kinds(heads)
    _find_introductions(heads, kinds)
    _find_header_blocks(heads, kinds)
    _find_signatures(heads, kinds)
    return [_Kind.TEXT if kind is _Kind.CODE else kind for kind in kinds]


def _simple_kinds(lines: list[str]) -> list[_Kind]:
    kinds = []
    code = _fenced(lines)
    for number, line in enumerate(lines):
        if number in code:
            kinds.append(_Kind.CODE)
        elif not line.strip(" \t\u00a0\u200b\ufeff"):
            kinds.append(_Kind.EMPTY)
        elif marks.QUOTE.match(line):
            kinds.append(_Kind.QUOTE)
        elif marks.ORIGINAL.match(line) or marks.FORWARD.match(line):
            kinds.append(_Kind.INTRO)
        else:
            kinds.append(_Kind.TEXT)
    return kinds


def _fenced(lines: list[str]) -> set[int]:
    """The lines between two fences, and the fences; one that is never closed fences nothing."""
    fences = [number for number, line in enumerate(lines) if marks.FENCE.match(line)]
    pairs = zip(fences[::2], fences[1::2], strict=False)
    return {number for begin, end in pairs for number in range(begin, end + 1)}


def _find_introductions(lines: list[str], kinds: list[_Kind]) -> None:
    """ "On Monday, Ada wrote:" over one line or several: its end is known by its colon and its verb."""
    for end, line in enumerate(lines):
        if kinds[end] is not _Kind.TEXT:
            continue
        start = _introduction(lines, kinds, end) if line.rstrip(" *\u00a0").endswith((":", "：", ">")) else None
        if start is not None:
            for number in range(start, end + 1):
                kinds[number] = _Kind.INTRO


def _introduction(lines: list[str], kinds: list[_Kind], end: int) -> int | None:
    """Where the introduction begins that ends in this line; None where it is none."""
    nearest = None
    for start in range(end, max(-1, end - INTRODUCED), -1):
        if kinds[start] is not _Kind.TEXT:
            break
        joined = " ".join(line.strip() for line in lines[start : end + 1])
        if len(joined) > 400:
            break
        if _introduces(joined, followed=_followed_by_quote(kinds, end)):
            if marks.OPENER.match(lines[start]):
                return start
            nearest = start if nearest is None else nearest
    return nearest


def _introduces(joined: str, *, followed: bool) -> bool:
    if marks.DATED_NAME.match(joined):
        return True
    if not joined.rstrip(" *\u00a0").endswith((":", "：")) or not marks.ATTRIBUTION.search(joined):
        return False
    if marks.NAMED.search(joined) or "@" in joined:
        return True
    return bool(marks.WHEN.search(joined)) and (bool(marks.OPENER.match(joined)) or followed)


def _followed_by_quote(kinds: list[_Kind], end: int) -> bool:
    return next((kind for kind in kinds[end + 1 : end + 4] if kind is not _Kind.EMPTY), None) is _Kind.QUOTE


def _find_header_blocks(lines: list[str], kinds: list[_Kind]) -> None:
    """Lines of "From:", "Sent:", "To:", "Subject:" together; the line that parts them from the text belongs to them."""
    number = 0
    while number < len(lines):
        found = marks.HEADER.match(lines[number]) if kinds[number] is _Kind.TEXT else None
        if found is None:
            number += 1
            continue
        end, names = _header_block(lines, kinds, number)
        after_intro = number > 0 and _before(kinds, number) is _Kind.INTRO
        if len(names) >= 3 or ("sender" in names and len(names) >= 2) or (after_intro and names):
            for line in range(number, end):
                kinds[line] = _Kind.HEADER
            kinds[number] = _Kind.INTRO
            above = _last_before(kinds, number)
            if above is not None and marks.RULE.match(lines[above]):
                kinds[above] = _Kind.INTRO
        number = max(end, number + 1)


def _header_block(lines: list[str], kinds: list[_Kind], start: int) -> tuple[int, set[str]]:
    """Where a block of headers ends, and which kinds of headers it has. A long one may go on in the next line."""
    names: set[str] = set()
    number, gap = start, 0
    while number < len(lines) and kinds[number] in (_Kind.TEXT, _Kind.EMPTY):
        if kinds[number] is _Kind.EMPTY:
            gap += 1
            if gap > 1 or number + 1 >= len(lines) or not marks.HEADER.match(lines[number + 1]):
                break
        elif found := marks.HEADER.match(lines[number]):
            names |= {name for name, value in found.groupdict().items() if value}
            gap = 0
        elif number + 1 < len(lines) and marks.HEADER.match(lines[number + 1]):
            pass  # the middle of a long header
        else:
            break
        number += 1
    return number, names


def _before(kinds: list[_Kind], number: int) -> _Kind | None:
    above = _last_before(kinds, number)
    return kinds[above] if above is not None else None


def _last_before(kinds: list[_Kind], number: int) -> int | None:
    return next((one for one in range(number - 1, max(-1, number - 4), -1) if kinds[one] is not _Kind.EMPTY), None)


def _find_signatures(lines: list[str], kinds: list[_Kind]) -> None:
    """From the mark of a signature to the next quote or the end; a device's line is one by itself."""
    inside = False
    for number, line in enumerate(lines):
        if kinds[number] in (_Kind.QUOTE, _Kind.INTRO, _Kind.HEADER):
            inside = False
        elif kinds[number] is _Kind.TEXT:
            if marks.SIGNATURE.match(line) or (marks.RULE.match(line) and _is_last_part(kinds, number)):
                inside = True
            if inside or marks.DEVICE.match(line):
                kinds[number] = _Kind.SIGNATURE


def _is_last_part(kinds: list[_Kind], number: int) -> bool:
    """Whether a few lines of text and nothing else follow: a rule in the middle of a text parts nothing."""
    rest = 0
    for one in range(number + 1, len(kinds)):
        if kinds[one] is _Kind.EMPTY:
            continue
        rest += 1
        if kinds[one] is not _Kind.TEXT or rest >= TAIL:
            return False
    return True


def _mark_sent(lines: list[str], kinds: list[_Kind], sent: Iterable[str]) -> None:
    """What we have sent ourselves is a quote, marked or not: runs of lines that are ours."""
    known = {_bare(line) for text in sent for line in text.splitlines()}
    known.discard("")
    if not known:
        return
    run: list[int] = []
    for number in range(len(lines) + 1):
        kind = kinds[number] if number < len(lines) else None
        bare = _bare(lines[number]) if kind is _Kind.TEXT else ""
        if kind is _Kind.TEXT and (bare in known or not bare):
            run.append(number)
        elif kind is not _Kind.EMPTY:
            if len(run) >= KNOWN_RUN or any(len(_bare(lines[one])) > 60 for one in run):
                for one in run:
                    kinds[one] = _Kind.QUOTE
            run = []


def _bare(line: str) -> str:
    """A line without its spaces and marks, to compare: programs break and indent what they quote."""
    return re.sub(r"[\s>|*_]+", "", line[:LONGEST_LINE]).casefold()


# What is shown


def _shown(kinds: list[_Kind]) -> list[bool]:
    """Whether each line is shown: the decision, by what surrounds what."""
    first = next((number for number, kind in enumerate(kinds) if kind is _Kind.INTRO), None)
    shown = [kind in (_Kind.TEXT, _Kind.EMPTY, _Kind.QUOTE) for kind in kinds]
    if first is None:
        return _without_trailing_quotes(kinds, shown)
    if _has(kinds[:first], _Kind.TEXT):
        return _answer_above(kinds, shown, first)
    return _answer_below(kinds, shown, first)


def _has(kinds: Iterable[_Kind], kind: _Kind) -> bool:
    return any(one is kind for one in kinds)


def _without_trailing_quotes(kinds: list[_Kind], shown: list[bool]) -> list[bool]:
    """Quotes stay as long as somebody answers below them."""
    last = max((number for number, kind in enumerate(kinds) if kind is _Kind.TEXT), default=-1)
    return [keep and number <= last for number, keep in enumerate(shown)]


def _answer_above(kinds: list[_Kind], shown: list[bool], first: int) -> list[bool]:
    """Somebody writes, and the quote stands below: it goes, unless it is answered line by line."""
    after = kinds[first:]
    quoted = [number for number, kind in enumerate(after) if kind is _Kind.QUOTE]
    introduced = next((kind for kind in after if kind in (_Kind.QUOTE, _Kind.TEXT)), None)
    if not quoted or introduced is not _Kind.QUOTE:
        return [keep and number < first for number, keep in enumerate(shown)]
    between = _has(after[quoted[0] : quoted[-1]], _Kind.TEXT)
    below = sum(kind is _Kind.TEXT for kind in after[quoted[-1] :])
    if not between and below < TAIL:
        return [keep and number < first for number, keep in enumerate(shown)]
    return _without_trailing_quotes(kinds, shown)


def _answer_below(kinds: list[_Kind], shown: list[bool], first: int) -> list[bool]:
    """The mail begins with what introduces a quote: the answer is below the quote, or the quote is all there is."""
    text = next((number for number in range(first, len(kinds)) if kinds[number] is _Kind.TEXT), None)
    if text is None:
        return [False] * len(kinds)
    quoted = _has(kinds[first:text], _Kind.QUOTE)
    kept = [keep and (number >= text if quoted else True) for number, keep in enumerate(shown)]
    return _without_trailing_quotes(kinds, kept)
