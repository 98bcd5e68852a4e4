"""Draws a stranger's picture again, in the sandbox child: what is left are its pixels, upright, and nothing else.

A photo of a phone says where it was taken, when and by whom (EXIF, XMP, IPTC, maker notes, a second picture in the
first). None of that is copied. HEIC by libheif, the rest by Pillow.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from craftops.domain.files.designs import BY_HAND, Analysis, FileFormat
from craftops.domain.files.remedies import Ask
from craftops.sdk.analyzer import CannotMend, FileAnalyzer, Mended

if TYPE_CHECKING:
    from PIL import Image

SIDE = 2560
"""The longer side of the copy at most, in pixels."""
MOST_PIXELS = 64_000_000
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF")


class PictureCleaner(FileAnalyzer):
    """Pictures of all kinds that phones and computers make."""

    name: ClassVar[str] = "pictures"
    formats: ClassVar[frozenset[FileFormat]] = frozenset()
    needs: ClassVar[tuple[str, ...]] = ("PIL.Image", "PIL.ImageOps")

    def analyse(self, path: Path, name: str) -> Analysis:
        """Nothing is made of pictures."""
        return BY_HAND

    def mend(self, path: Path, name: str, ask: Ask, target: Path) -> Mended:
        """Write the picture as a JPEG. Raises CannotMend for what is no picture, damaged, or far too large."""
        from PIL import Image, ImageOps, UnidentifiedImageError

        Image.MAX_IMAGE_PIXELS = MOST_PIXELS
        _read_heic(path)
        try:
            with Image.open(path, formats=FORMATS if _has_heic() else FORMATS[:-1]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise CannotMend("The picture has too many pixels.")
                picture.draft("RGB", (SIDE, SIDE))
                picture.load()
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((SIDE, SIDE))
                plain = _on_white(upright)
        except CannotMend:
            raise
        except UnidentifiedImageError:
            raise CannotMend("This is no picture that we can open.") from None
        except Exception:  # noqa: BLE001 - a decoder may raise anything about a stranger's bytes
            raise CannotMend("The picture is cut off or damaged.") from None
        copy = Image.frombytes("RGB", plain.size, plain.tobytes())
        copy.save(target, "JPEG", quality=QUALITY, optimize=True)
        stem = name.rsplit(".", 1)[0] if "." in name else name
        return Mended(f"{stem or 'picture'}.jpg", "Drawn again, without the place and the camera.")


def _on_white(picture: Image.Image) -> Image.Image:
    """What shows through is white, as on paper."""
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(ground, clear).convert("RGB")
    return picture.convert("RGB")


def _has_heic() -> bool:
    from PIL import Image

    return "HEIF" in Image.OPEN


def _read_heic(path: Path) -> None:
    """Load libheif only where the file is one: most are not, and it is a large library."""
    with path.open("rb") as stream:
        head = stream.read(12)
    if head[4:8] == b"ftyp":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
