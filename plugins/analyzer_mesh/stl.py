"""Reading STL: binary by its size, ASCII by its words, and what only calls itself STL.

The format has no magic number. Many CAD programs begin a binary header with the word "solid", so the size
decides first: 80 bytes of header, a little-endian uint32 of triangles, 50 bytes each (Marshall Burns,
"Automated Fabrication", section 6.5).
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from craftops.domain.files.designs import FileFormat, Finding, Severity
from craftops.sdk.analyzer import NotReadable

from .reading import Mesh, Triangles, refuse_other_kinds

HEADER = 84
RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
CHUNK = 1 << 22
SANE = 1e8
TINIEST = 1e-25
FACES = 0.9
"""The share of further records that have to be real triangles to be counted as such."""
FACET_WORDS = 21
WORDS = re.compile(rb"vertex\s+(\S+)\s+(\S+)\s+(\S+)", re.IGNORECASE)
END_OF_LOOP = re.compile(rb"end\s*loop", re.IGNORECASE)
FIRST_FACET = re.compile(rb"(?<!end)\bfacet\b", re.IGNORECASE)
JOINED = re.compile(
    rb"vertex[ \t]+([^\s,;]+)[ \t]*[,;][ \t]*([^\s,;]+)[ \t]*[,;][ \t]*([^\s,;]+)[ \t]*[,;]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
"""A corner whose three numbers are parted by commas, not by spaces."""
END_OF_FACET = re.compile(rb"end\s*facet", re.IGNORECASE)


def read_stl(path: Path) -> Mesh:
    """All triangles of the file, and what is odd about it. Raises NotReadable."""
    return Mesh(*_read(path))


def _read(path: Path) -> tuple[Triangles, list[Finding]]:
    size = path.stat().st_size
    if size == 0:
        raise NotReadable("empty", "The file is empty.")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        head = bytes(data[:4096])
        count = int.from_bytes(data[80:84], "little") if size >= HEADER else 0
        if size >= HEADER and HEADER + 50 * count == size:
            return (_records(path, count), []) if count else _none()
        refuse_other_kinds(head, FileFormat.STL)
        if _is_text(head):
            return _read_text(data, head)
        return _read_damaged(path, size, count)


def _none() -> tuple[Triangles, list[Finding]]:
    raise NotReadable("empty", "There is no shape in this file: it holds no triangles.")


def _records(path: Path, count: int) -> Triangles:
    records = np.fromfile(path, RECORD, count, offset=HEADER)
    return np.ascontiguousarray(records["corners"])


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    head = head.split(b"endsolid", 1)[0] if head.lstrip()[:5].lower() == b"solid" else head
    return b"\0" not in head and sum(byte >= 0x80 for byte in head) <= len(head) // 10


def _read_damaged(path: Path, size: int, count: int) -> tuple[Triangles, list[Finding]]:
    """Binary whose count and size disagree: what is there is used, if it looks like triangles at all."""
    there = (size - HEADER) // 50
    if size < HEADER + 50:
        raise NotReadable("not_stl", "This is not an STL file, or only its first bytes have arrived.")
    exact = (size - HEADER) % 50 == 0
    used = there if count == 0 or count > there or exact else count
    triangles = _records(path, used)
    if 0 < count < used and not _are_faces(triangles[count:]):
        used, triangles = count, triangles[:count]
    size_of = np.abs(triangles)
    sane = ((size_of < SANE) & ((size_of > TINIEST) | (size_of == 0))).mean()
    if sane < 0.995:
        raise NotReadable("not_stl", "This is not an STL file: what is in it makes no shape.")
    if count > there:
        sentence = f"The file is cut off: it promises {count:,} triangles and holds {there:,}."
        return triangles, [Finding("truncated", Severity.WARNING, sentence, "Export or send it again.")]
    if used != count:
        sentence = f"The file says {count:,} triangles and holds {there:,}; we took all that are there."
        return triangles, [Finding("wrong_count", Severity.WARNING, sentence, "Please compare the picture.")]
    return triangles, [Finding("trailing", Severity.NOTE, "There is something behind the shape; we left it out.")]


def _are_faces(triangles: Triangles) -> bool:
    """Whether what stands behind the promised triangles looks like more of them, and not like padding or a note."""
    largest = np.abs(triangles)
    sane = (largest < SANE) & ((largest > TINIEST) | (largest == 0))
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.ptp(triangles, axis=1).max(axis=1) > 0
    return bool(sane.all()) and bool(spread.mean() > FACES)


def _read_text(data: mmap.mmap, head: bytes) -> tuple[Triangles, list[Finding]]:
    findings: list[Finding] = []
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        chunks = _chunks(bytes(data).decode("utf-16", "replace").encode())
    else:
        chunks = _chunks(data)
    parts = [part for chunk in chunks if len(part := _read_chunk(chunk, findings))]
    if not parts:
        if FIRST_FACET.search(head) or head.lstrip()[:5].lower() == b"solid":
            raise NotReadable("empty", "There is no shape in this file: it holds no triangles.")
        raise NotReadable("not_stl", "This is not an STL file.")
    return np.concatenate(parts), _once(findings)


def _once(findings: list[Finding]) -> list[Finding]:
    return list({found.code: found for found in findings}.values())


def _chunks(data: mmap.mmap | bytes) -> Iterator[bytes]:
    """The text in pieces of a few megabytes, cut behind an ``endfacet``."""
    begin = 0
    while begin < len(data):
        end = min(len(data), begin + CHUNK)
        while end < len(data):
            found = END_OF_FACET.search(data, end, min(len(data), end + CHUNK))
            if found:
                end = found.end()
                break
            end = min(len(data), end + CHUNK)
        yield bytes(data[begin:end])
        begin = end


def _read_chunk(chunk: bytes, findings: list[Finding]) -> Triangles:
    first = FIRST_FACET.search(chunk)
    if first is None:
        return np.empty((0, 3, 3), np.float32)
    words = chunk[first.start() :].split()
    whole = len(words) - len(words) % FACET_WORDS
    tail = words[whole:]
    regular = not tail or tail[0].lower().startswith(b"endsolid")
    if regular and whole:
        corners = [words[i:whole:FACET_WORDS] for i in (8, 9, 10, 12, 13, 14, 16, 17, 18)]
        marks = (words[i:whole:FACET_WORDS] for i in (7, 11, 15))
        if all({word.lower() for word in set(mark)} == {b"vertex"} for mark in marks):
            try:
                return np.array(corners, dtype="S32").astype(np.float32).T.reshape(-1, 3, 3)
            except ValueError:
                pass  # some number is odd: the patient reader below says which
    return _read_patiently(chunk, findings)


def _read_patiently(chunk: bytes, findings: list[Finding]) -> Triangles:
    """Loop by loop, for text that is not laid out as usual: comments, several solids, polygons, commas."""
    found: list[tuple[tuple[float, ...], ...]] = []
    for loop in END_OF_LOOP.split(chunk):
        corners = []
        if b"," in loop or b";" in loop:
            loop = JOINED.sub(_parted, loop)
        for match in WORDS.finditer(loop):
            corner = _corner(match.groups(), findings)
            if corner is not None:
                corners.append(corner)
        if len(corners) < 3:
            continue
        if len(corners) > 3:
            findings.append(
                Finding("polygons", Severity.NOTE, "Some faces had more than three corners; we split them.")
            )
        found.extend((corners[0], corners[i], corners[i + 1]) for i in range(1, len(corners) - 1))
    return np.array(found, dtype=np.float32).reshape(-1, 3, 3)


def _parted(found: re.Match[bytes]) -> bytes:
    return b"vertex " + b" ".join(found.groups())


def _corner(words: tuple[bytes, ...], findings: list[Finding]) -> tuple[float, ...] | None:
    try:
        return tuple(float(word) for word in words)
    except ValueError:
        try:
            corner = tuple(float(word.replace(b",", b".")) for word in words)
        except ValueError:
            sentence = "Some numbers in the file cannot be read, so a part of it may be missing."
            findings.append(Finding("bad_numbers", Severity.WARNING, sentence, "Export it again."))
            return None
        findings.append(
            Finding("commas", Severity.NOTE, "Its numbers are written with commas; we read them as decimals.")
        )
        return corner
