"""Pictures that come from outside (a camera, a phone, an owner's logo) are drawn again before anybody gets them.

What is given out is a JPEG or PNG of ours: small, upright, without places, names of devices or anything else that rode
along. Before a pixel is unpacked, the head says how large the picture would be and its marks how often it is gone
over, so that a few kilobytes cannot take the memory or the hours of this computer.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from craftops.errors import IntakeError

if TYPE_CHECKING:  # 2 MB of web, worker and bridge, which most of them never use
    from PIL import Image

MOST_PIXELS = 64_000_000
"""Of a JPEG, which is unpacked at an eighth of its size where that is enough: phones make 50 megapixels."""
MOST_PNG_PIXELS = 16_000_000
MOST_SCANS = 40
"""A camera's JPEG has one scan, a progressive one about ten; one with thousands is made to take hours."""
SCAN = b"\xff\xda"
QUALITIES = (85, 70, 50)
NO_PICTURE = "This is no picture that we can use. Send a JPEG or a PNG."
CUT_OFF = "The picture is cut off or damaged."
TOO_MANY = "The picture has too many pixels. Send a smaller one."
BOMB = "The picture is made to take very long to open, so we do not open it."


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a picture is drawn again as: its longer side in pixels, and its size in bytes at most."""

    side: int
    bytes: int


FRAME = PictureLimits(1280, 600_000)
PHOTO = PictureLimits(2048, 1_500_000)
SMALL = PictureLimits(480, 80_000)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A JPEG of ours."""

    content: bytes
    width: int
    height: int


def unpack(raw: bytes, side: int) -> Image.Image:
    """The pixels of a JPEG or PNG, upright, at least as large as needed for ``side``. Raises IntakeError."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if raw.startswith(b"\xff\xd8") and raw.count(SCAN) > MOST_SCANS:
        raise IntakeError(BOMB)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG")) as picture:
                most = MOST_PIXELS if picture.format == "JPEG" else MOST_PNG_PIXELS
                if picture.width * picture.height > most:
                    raise IntakeError(TOO_MANY)
                picture.draft("RGB", (side, side))
                picture.load()
                return ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise IntakeError(TOO_MANY) from None
    except UnidentifiedImageError:
        raise IntakeError(NO_PICTURE) from None
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, ArithmeticError, MemoryError):
        raise IntakeError(CUT_OFF) from None


def redraw(
    raw: bytes, limits: PictureLimits, *, mirrored: bool = False, upside_down: bool = False, turned: int = 0
) -> Drawn:
    """A picture as a JPEG of ours. ``turned`` is in degrees clockwise, a multiple of 90.

    Raises IntakeError with a sentence: no picture, damaged, too many pixels, made to harm.
    """
    from PIL import Image

    picture = unpack(raw, limits.side).convert("RGB")
    picture.thumbnail((limits.side, limits.side))
    if mirrored:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if upside_down:
        picture = picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    if turned:
        picture = picture.rotate(-turned, expand=True)
    content = b""
    for quality in QUALITIES:
        content = encode(picture, quality)
        if len(content) <= limits.bytes:
            break
    return Drawn(content, picture.width, picture.height)


def encode(picture: Image.Image, quality: int) -> bytes:
    """As a JPEG that holds the pixels and nothing else."""
    from PIL import Image

    out = io.BytesIO()
    plain = Image.frombytes(picture.mode, picture.size, picture.tobytes())  # no profile, no EXIF, no comment
    plain.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
