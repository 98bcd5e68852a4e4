"""The shop's logo: whatever the owner sends becomes a small PNG of ours."""

from __future__ import annotations

import io
from datetime import datetime
from typing import IO

from craftops.errors import IntakeError
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import BlobRow

LARGEST_BYTES = 5_000_000
LARGEST_SIDE = 512
LARGEST_PIXELS = 40_000_000


def keep_logo(shop: Shop, stream: IO[bytes], *, at: datetime) -> str:
    """Draw the picture again as a PNG of at most 512 × 512 and store it; its sha256.

    Raises IntakeError when it is too large or no PNG or JPEG.
    """
    from PIL import Image, UnidentifiedImageError  # whoever sends no logo need not hold it

    raw = stream.read(LARGEST_BYTES + 1)
    if len(raw) > LARGEST_BYTES:
        raise IntakeError("The logo is larger than 5 MB.", {"logo": "Use a picture of at most 5 MB."})
    try:
        with Image.open(io.BytesIO(raw), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > LARGEST_PIXELS:
                raise IntakeError("The logo has too many pixels.", {"logo": "Use a smaller picture."})
            drawn = picture.convert("RGBA")
    except Image.DecompressionBombError:
        raise IntakeError("The logo has too many pixels.", {"logo": "Use a smaller picture."}) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise IntakeError("The logo is no PNG or JPEG.", {"logo": "Use a PNG or a JPEG."}) from None
    drawn.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    out = io.BytesIO()
    drawn.save(out, "PNG", optimize=True)
    sha256 = shop.files.put_bytes(out.getvalue())
    with unit_of_work():
        values = {"sha256": sha256, "size": len(out.getvalue()), "created_at": at}
        BlobRow.insert(values).on_conflict_ignore().execute()
    return sha256
