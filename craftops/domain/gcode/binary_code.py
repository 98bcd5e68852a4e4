"""Binary machine code (``.bgcode``) as the text that it stands for, piece by piece.

Format: Prusa's specification of binary G-code, version 1: blocks with a type, a compression (none, deflate, heatshrink
with windows of 2¹¹ or 2¹² bytes), parameters and a checksum. Code may be packed by MeatPack as well, two letters of
the commonest fifteen to a byte. What it says of itself (``key=value``) becomes comments, as in code written as text.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

MAGIC = b"GCDE"
FILE_HEADER = struct.Struct("<4sIH")
BLOCK_HEADER = struct.Struct("<HHI")
CODE, THUMBNAIL = 1, 5
METADATA = (0, 2, 3, 4)
"""File, slicer, printer and print metadata: texts of ``key=value``."""
PARAMETERS = {THUMBNAIL: 6}
"""Bytes of a block's parameters; two, an encoding, for all but thumbnails."""
MOST_BLOCK = 64_000_000
HEATSHRINK = {2: (11, 4), 3: (12, 4)}
"""Compression -> bits of an index back, bits of a count."""
MEATPACKED = (1, 2)
LETTERS = b"0123456789. \nGX"
NOT_PACKED = 15
SIGNAL = 0xFF
ON, OFF, RESET, WITHOUT_SPACES, WITH_SPACES = 251, 250, 249, 247, 246
Read = Callable[[int], bytes]


def is_binary_code(head: bytes) -> bool:
    """Whether a file that begins so is binary machine code."""
    return head.startswith(MAGIC)


def text_of_binary(read: Read) -> Iterator[bytes]:
    """The code as text. ``read`` gives the next so many bytes of the file, fewer at its end.

    What is damaged ends it; nothing is raised for what stands in the file.
    """
    header = read(FILE_HEADER.size)
    if len(header) < FILE_HEADER.size or not header.startswith(MAGIC):
        return
    checksum = 4 if FILE_HEADER.unpack(header)[2] == 1 else 0
    while len(begin := read(BLOCK_HEADER.size)) == BLOCK_HEADER.size:
        kind, packing, plain = BLOCK_HEADER.unpack(begin)
        packed = int.from_bytes(read(4), "little") if packing else plain
        if max(plain, packed) > MOST_BLOCK:
            return
        parameters = read(PARAMETERS.get(kind, 2))
        body = read(packed)
        read(checksum)
        if len(body) < packed or len(parameters) < 2:
            return
        text = _unpacked(body, packing, plain) if kind != THUMBNAIL else b""
        if text is None:
            return
        if kind in METADATA:
            yield b"".join(b"; %b\n" % line.replace(b"=", b" = ", 1) for line in text.splitlines())
        elif kind == CODE:
            encoding = int.from_bytes(parameters[:2], "little")
            yield meat_unpacked(text) if encoding in MEATPACKED else text


def _unpacked(body: bytes, packing: int, plain: int) -> bytes | None:
    if packing == 0:
        return body
    if packing in HEATSHRINK:
        return heat_unshrunk(body, *HEATSHRINK[packing], plain)
    for bits in (15, -15):  # with the two bytes of zlib before it, and without
        try:
            return zlib.decompressobj(bits).decompress(body, plain)
        except zlib.error:
            continue
    return None


def heat_unshrunk(body: bytes, window: int, look: int, plain: int) -> bytes:
    """Heatshrink (Scott Vokes): a bit tells whether a byte follows, or how far back to copy from and how much."""
    out = bytearray()
    bits, held, at, size = 0, 0, 0, len(body)
    while len(out) < plain:
        while held < 1 + window + look and at < size:
            bits = (bits << 8) | body[at]
            at, held = at + 1, held + 8
        if held < 9:
            break
        held -= 1
        if bits >> held & 1:
            held -= 8
            out.append(bits >> held & 0xFF)
        elif held >= window + look:
            held -= window
            back = (bits >> held & ((1 << window) - 1)) + 1
            held -= look
            count = (bits >> held & ((1 << look) - 1)) + 1
            if back > len(out):
                break
            for _ in range(count):
                out.append(out[-back])
        else:
            break
        bits &= (1 << held) - 1
    return bytes(out[:plain])


def meat_unpacked(body: bytes) -> bytes:
    """MeatPack (Scott Mudge): half a byte is one of fifteen letters, or says that a whole one follows."""
    out = bytearray()
    letters, packing, at = bytearray(LETTERS), False, 0
    while at < len(body):
        byte = body[at]
        at += 1
        if byte == SIGNAL and at < len(body) and body[at] == SIGNAL:
            command = body[at + 1] if at + 1 < len(body) else 0
            at += 2
            packing = {ON: True, OFF: False, RESET: False}.get(command, packing)
            if command in (WITHOUT_SPACES, WITH_SPACES, RESET):
                letters[11:12] = b"E" if command == WITHOUT_SPACES else b" "
            continue
        if not packing:
            out.append(byte)
            continue
        low, high = byte & 0xF, byte >> 4
        if low == NOT_PACKED:
            if at >= len(body):
                break
            out.append(body[at])
            at += 1
        else:
            out.append(letters[low])
            if letters[low] == 10:
                continue  # a line that ends in the first half leaves the second one empty
        if high == NOT_PACKED:
            if at >= len(body):
                break
            out.append(body[at])
            at += 1
        else:
            out.append(letters[high])
    return bytes(out)
