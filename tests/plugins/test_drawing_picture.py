"""Pictures of drawings: seen on a small card, by day and by night."""

from __future__ import annotations

import numpy as np
import pytest
from craftops_plugins.analyzer_drawing.contrast import DARK as OWN_GROUND
from craftops_plugins.analyzer_drawing.dimensions import with_dimensions, words
from craftops_plugins.analyzer_drawing.picture import INK, draw, framed
from craftops_plugins.analyzer_drawing.strokes import Drawing, Stroke
from PIL import Image

from craftops.domain.shop.colour import contrast

LIGHT, DARK = "#f1f2f4", "#26292f"
"""The sunken ground of a card in both schemes."""
CARD = 96


def square(side: float, at: float = 0.0) -> Stroke:
    return Stroke(np.array([[0, 0], [side, 0], [side, side], [0, side]], float) + at, closed=True)


def drawn(*strokes: Stroke) -> Image.Image:
    drawing = Drawing()
    for stroke in strokes:
        drawing.add(stroke)
    return draw(drawing)


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


def rectangle(wide: float, high: float) -> Image.Image:
    drawing = Drawing()
    drawing.add(Stroke(np.array([[0, 0], [wide, 0], [wide, high], [0, high]], float), closed=True))
    return draw(drawing)


def grey_of(image: Image.Image) -> np.ndarray:
    """Where something is drawn that is no line of the part: the dimensions."""
    pixels = np.asarray(image, int)
    return (pixels[..., 3] > 200) & (np.ptp(pixels[..., :3], axis=2) < 40)


def test_a_drawing_says_how_wide_and_how_high_it_is() -> None:
    grey = grey_of(with_dimensions(rectangle(200, 100), (200.0, 100.0)))
    assert not grey_of(rectangle(200, 100)).any()
    rows, columns = np.flatnonzero(grey.any(axis=1)), np.flatnonzero(grey.any(axis=0))
    assert grey[:, : columns.max() - 70].any(axis=1)[rows.max() - 20 : rows.max()].any(), "a width below it"
    assert grey[: rows.max() - 70].any(axis=0)[columns.max() - 20 : columns.max()].any(), "a height beside it"


def test_the_dimension_is_as_long_as_what_it_measures() -> None:
    image = with_dimensions(rectangle(100, 100), (100.0, 100.0))
    pixels = np.asarray(image, int)
    part = np.flatnonzero(((pixels[..., 3] > 40) & (np.ptp(pixels[..., :3], axis=2) > 60)).any(axis=0))
    longest = max(grey_of(image), key=lambda row: row.sum())
    line = np.flatnonzero(longest)
    assert abs(line.min() - part.min()) <= 2
    assert abs(line.max() - part.max()) <= 2


def test_a_picture_that_shows_more_than_was_measured_gets_no_dimensions() -> None:
    image = rectangle(200, 100)
    assert with_dimensions(image, (200.0, 60.0)) is image
    assert with_dimensions(image, (0.0, 0.0)) is image


def test_a_single_line_has_a_length_only() -> None:
    drawing = Drawing()
    drawing.add(Stroke(np.array([[0.0, 0.0], [100.0, 0.0]]), closed=False))
    grey = grey_of(with_dimensions(draw(drawing), (100.0, 0.0)))
    assert np.flatnonzero(grey.any(axis=1)).size < 80


def test_a_picture_with_a_ground_of_its_own_keeps_it() -> None:
    white = Image.new("RGBA", (400, 400), (255, 255, 255, 0))
    white.paste((255, 255, 255, 255), (50, 50, 350, 350))
    image = framed(white)
    assert image is not None
    again = with_dimensions(image, (30.0, 30.0))
    assert again.getpixel((0, 0)) == (*OWN_GROUND, 255)
    assert again.tobytes() != image.tobytes()


@pytest.mark.parametrize(
    ("mm", "said"),
    [(0.4, "0.4 mm"), (12.5, "12.5 mm"), (999.96, "1,000 mm"), (1250, "1,250 mm"), (3e6, "3,000,000 mm")],
)
def test_lengths_are_written_as_people_write_them(mm: float, said: str) -> None:
    assert words(mm) == said
