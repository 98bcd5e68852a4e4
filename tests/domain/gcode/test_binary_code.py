"""Binary machine code is the text that it was made of, whichever way it was packed; damage ends it and breaks nothing."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.gcode.binary_code import LETTERS, heat_unshrunk, is_binary_code, meat_unpacked, text_of_binary
from craftops.domain.gcode.slicer_time import slicer_time


def shrunk(plain: bytes, window: int, look: int) -> bytes:
    """Heatshrink, greedily: copies of three bytes and more."""
    bits = ""
    at = 0
    while at < len(plain):
        back, count = 0, 0
        for start in range(max(0, at - (1 << window)), at):
            length = 0
            while length < 1 << look and at + length < len(plain) and plain[start + length] == plain[at + length]:
                length += 1
            if length > count:
                back, count = at - start, length
        if count >= 3:
            bits += f"0{back - 1:0{window}b}{count - 1:0{look}b}"
            at += count
        else:
            bits += f"1{plain[at]:08b}"
            at += 1
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def meat(text: bytes, *, spaces: bool = True) -> bytes:
    """MeatPack, line by line."""
    letters = LETTERS if spaces else LETTERS.replace(b" ", b"E")
    out = bytearray(b"\xff\xff\xfb" + (b"" if spaces else b"\xff\xff\xf7"))
    for line in text.splitlines(keepends=True):
        padded = line + b"\n" * (len(line) % 2)
        for one, other in zip(padded[::2], padded[1::2], strict=True):
            low, high = (
                letters.find(bytes((letter,))) if bytes((letter,)) in letters else 15 for letter in (one, other)
            )
            out.append(low | high << 4)
            out += bytes(letter for letter, code in ((one, low), (other, high)) if code == 15)
    return bytes(out)


def block(kind: int, body: bytes, packing: int = 0, encoding: int = 0) -> bytes:
    """One block with its checksum."""
    packed = body
    if packing:
        packed = zlib.compress(body) if packing == 1 else shrunk(body, 9 + packing, 4)
    head = struct.pack("<HHI", kind, packing, len(body)) + (struct.pack("<I", len(packed)) if packing else b"")
    whole = head + struct.pack("<H", encoding) + packed
    return whole + struct.pack("<I", zlib.crc32(whole))


HEAD = b"GCDE" + struct.pack("<IH", 1, 1)
CODE = b"G28\nG1 X10 Y20.5 E1.25 F3000\nM204 S800\nG1 X12.5\n" * 8


@pytest.mark.parametrize("packing", [0, 1, 2, 3])
@pytest.mark.parametrize("encoding", [0, 1, 2])
def test_every_packing_says_the_same(packing: int, encoding: int) -> None:
    body = meat(CODE) if encoding else CODE
    thumbnail = struct.pack("<HHI", 5, 0, 4) + b"\0" * 6 + b"PNG!" + b"\0" * 4
    said = block(3, b"estimated printing time (normal mode)=1h 2m 3s\n", packing)
    whole = HEAD + block(0, b"Producer=PrusaSlicer 2.7.0\n") + thumbnail + said + block(1, body, packing, encoding)
    assert is_binary_code(whole)
    text = b"".join(text_of_binary(io.BytesIO(whole).read))
    assert text.endswith(CODE)
    found = slicer_time(text)
    assert found is not None
    assert (found.seconds, found.slicer) == (3723, "PrusaSlicer")


@given(st.binary(max_size=300), st.sampled_from([(11, 4), (12, 4)]))
def test_what_was_shrunk_comes_back(plain: bytes, form: tuple[int, int]) -> None:
    assert heat_unshrunk(shrunk(plain, *form), *form, len(plain)) == plain


LINES = st.lists(st.text(alphabet="GMXYZEF0123456789. -;abc", min_size=1, max_size=20), max_size=10)


@given(LINES, st.booleans())
def test_what_was_packed_in_halves_comes_back(lines: list[str], spaces: bool) -> None:
    text = "".join(f"{line}\n" for line in lines).encode()
    text = text if spaces else text.replace(b" ", b"")
    assert meat_unpacked(meat(text, spaces=spaces)) == text


@given(st.binary(max_size=400), st.integers(0, 200))
def test_damage_ends_it_and_breaks_nothing(noise: bytes, keep: int) -> None:
    whole = HEAD + block(3, b"a=b\n") + block(1, CODE, 1)
    for content in (HEAD + noise, whole[:keep], whole[:keep] + noise):
        assert len(b"".join(text_of_binary(io.BytesIO(content).read))) < 1_000_000
