"""All pictures of a folder on one sheet, on light and on dark ground: ``python docs/contact_sheet.py FOLDER OUT.png``.

For looking at what ``craftops intake --pictures FOLDER`` has drawn, at the size of a card, before anybody else does.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

GROUNDS = ((241, 242, 244), (38, 41, 48))
"""The sunken ground of a card by day and by night (``tokens.css``)."""
INKS = ((70, 74, 84), (190, 194, 204))
GAP = 12
CAPTION = 16


def sheet(pictures: list[Path], *, side: int, across: int) -> Image.Image:
    """Every picture twice, light above dark, ``side`` pixels wide, with its name."""
    rows = -(-len(pictures) // across)
    cell, band = side + GAP, side + CAPTION + GAP
    whole = Image.new("RGB", (across * cell + GAP, rows * 2 * band + GAP), (255, 255, 255))
    pen, font = ImageDraw.Draw(whole), ImageFont.load_default(11)
    for number, path in enumerate(pictures):
        row, column = divmod(number, across)
        with Image.open(path) as image:
            small = image.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS)
        for which, (ground, ink) in enumerate(zip(GROUNDS, INKS, strict=True)):
            x, y = GAP // 2 + column * cell, GAP // 2 + (2 * row + which) * band
            pen.rectangle((x, y, x + cell - 1, y + band - 1), ground)
            whole.paste(small, (x + GAP // 2, y + GAP // 2), small)
            pen.text((x + GAP // 2, y + side + GAP // 2), path.stem[: side // 6], ink, font)
    return whole


def main(arguments: list[str]) -> None:
    """FOLDER OUT.png [SIDE ACROSS]: pixels of a picture, pictures in a row."""
    if len(arguments) not in (2, 4):
        sys.exit("Say which folder, and where the sheet goes: FOLDER OUT.png [SIDE ACROSS]")
    pictures = sorted(Path(arguments[0]).glob("*.png"), key=lambda path: (path.stem.rpartition(".")[2], path.stem))
    if not pictures:
        sys.exit(f"There are no pictures in {arguments[0]}.")
    side, across = (int(number) for number in arguments[2:] or ("128", "12"))
    sheet(pictures, side=side, across=across).save(arguments[1])


if __name__ == "__main__":
    main(sys.argv[1:])
