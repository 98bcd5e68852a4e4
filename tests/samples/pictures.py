"""Pictures as cameras and phones make them, and as those do who mean harm."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

Colour = str | tuple[int, int, int]


def picture(width: int = 320, height: int = 240, colour: Colour = "orange") -> Image.Image:
    """One colour, with a white corner at the top left."""
    made = Image.new("RGB", (width, height), colour)
    made.paste("white", (0, 0, width // 4, height // 4))
    return made


def jpeg(width: int = 320, height: int = 240, colour: Colour = "orange", **more: object) -> bytes:
    out = io.BytesIO()
    picture(width, height, colour).save(out, "JPEG", **more)
    return out.getvalue()


def png(width: int = 320, height: int = 240, colour: Colour = "orange", **more: object) -> bytes:
    out = io.BytesIO()
    picture(width, height, colour).save(out, "PNG", **more)
    return out.getvalue()


def from_a_phone() -> bytes:
    """Taken upright with a phone that lies: turned by its EXIF, with the place and the owner in it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    exif[0x013B] = "Ada Lovelace"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (53.0, 33.0, 0.0)
    return jpeg(exif=exif, comment=b"in the kitchen")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(side: int = 30_000) -> bytes:
    """A few kilobytes that say that they are nearly a thousand million pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def png_text_bomb() -> bytes:
    """A small picture with a comment that unpacks to two hundred megabytes."""
    whole = png(8, 8)
    end = whole.index(b"IDAT") - 4
    text = b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)
    return whole[:end] + _chunk(b"zTXt", text) + whole[end:]


def jpeg_bomb(side: int = 60_000) -> bytes:
    """A JPEG whose head says 3.6 thousand million pixels."""
    whole = bytearray(jpeg(16, 16))
    at = whole.index(b"\xff\xc0")
    whole[at + 5 : at + 9] = struct.pack(">HH", side, side)
    return bytes(whole)


def jpeg_of_scans(scans: int = 3000) -> bytes:
    """A progressive JPEG that goes over its pixels thousands of times."""
    whole = jpeg(1024, 1024, progressive=True)
    last = whole.rindex(b"\xff\xda")
    end = whole.rindex(b"\xff\xd9")
    return whole[:end] + whole[last:end] * scans + whole[end:]
