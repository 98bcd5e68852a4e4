"""Pictures of drawings: seen on a small card, by day and by night."""

from __future__ import annotations

import io

import numpy as np
import pytest
from craftops_plugins.analyzer_drawing.picture import INK, draw
from craftops_plugins.analyzer_drawing.strokes import Drawing, Stroke
from PIL import Image

from craftops.web.theming import contrast

LIGHT, DARK = "#f1f2f4", "#26292f"
"""The sunken ground of a card in both schemes."""
CARD = 96


def square(side: float, at: float = 0.0) -> Stroke:
    return Stroke(np.array([[0, 0], [side, 0], [side, side], [0, side]], float) + at, closed=True)


def drawn(*strokes: Stroke) -> Image.Image:
    drawing = Drawing()
    for stroke in strokes:
        drawing.add(stroke)
    return Image.open(io.BytesIO(draw(drawing)))


@pytest.mark.parametrize("role", INK)
@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_ink_stands_out_from_both_grounds(role: str, ground: str) -> None:
    red, green, blue, _cover = INK[role]
    assert contrast(f"#{red:02x}{green:02x}{blue:02x}", ground) >= 3


def test_a_line_is_seen_at_the_size_of_a_card() -> None:
    image = drawn(square(100))
    assert (image.size, image.mode) == ((512, 512), "RGBA")
    cover = np.asarray(image.resize((CARD, CARD), Image.Resampling.LANCZOS))[..., 3]
    middle = cover[CARD // 2]
    assert middle.max() > 150
    assert middle[10 : CARD - 10].max() == 0


def test_a_dense_drawing_does_not_become_a_blot() -> None:
    cover = np.asarray(drawn(*(square(100 - 2 * i, i) for i in range(45))))[..., 3]
    assert (cover > 128).mean() < 0.5


def test_corners_are_whole_where_a_path_is_closed() -> None:
    cover = np.asarray(drawn(square(100)))[..., 3] > 128
    corners = [cover[y - 2 : y + 2, x - 2 : x + 2].all() for x in (24, 487) for y in (24, 487)]
    assert corners == [True] * 4


def test_nothing_but_the_lines_stands_on_it() -> None:
    cover = np.asarray(drawn(Stroke(np.array([[0.0, 0.0], [100.0, 0.0]]), closed=False)))[..., 3]
    rows = np.flatnonzero(cover.any(axis=1))
    assert rows.max() - rows.min() < 12
