"""Every line is seen: hairlines, light lines, black beside white; and the text of an SVG."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from craftops_plugins.analyzer_drawing.contrast import CHOICES, PAGES, brought_out, contrast, luminance, stands_out
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from samples.drawings import pdf, svg


def picture(folder: Path, content: str | bytes, name: str = "part.svg") -> np.ndarray:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    analysis = DrawingAnalyzer().analyse(folder / name, name)
    with Image.open(io.BytesIO(analysis.picture or b"")) as image:
        return np.asarray(image.convert("RGBA"), np.float64)


def on(page: tuple[int, int, int], pixels: np.ndarray) -> np.ndarray:
    share = pixels[:, :, 3:] / 255
    return pixels[:, :, :3] * share + np.array(page, np.float64) * (1 - share)


def best(seen: np.ndarray) -> float:
    """The contrast of what stands out most from the ground, in the upper left part where no dimension is."""
    levels = luminance(seen[:400, :400])
    return float(np.percentile(contrast(levels, levels[0, 0]), 99.5))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("colour", ["black", "white", "red", "#ff0", "#0f0", "#00f", "#777", "#f8f8f8", "#123456"])
@pytest.mark.parametrize("width", [0.01, 5])
def test_a_line_stands_out_whatever_its_colour_and_width(
    tmp_path: Path, page: tuple[int, int, int], colour: str, width: float
) -> None:
    inner = f'<g fill="none" stroke="{colour}" stroke-width="{width}"><rect x="5" y="5" width="800" height="700"/><circle cx="300" cy="300" r="200"/></g>'
    sheet = 'width="2000mm" height="900mm" viewBox="0 0 2000 900"'
    assert best(on(page, picture(tmp_path, svg(inner, sheet)))) >= 2.9


@pytest.mark.parametrize("page", PAGES)
def test_black_lines_beside_a_white_area_stand_out(tmp_path: Path, page: tuple[int, int, int]) -> None:
    inner = '<rect width="100" height="30" fill="#fff"/><rect x="5" y="35" width="90" height="14" fill="none" stroke="#000"/>'
    seen = on(page, picture(tmp_path, svg(inner)))
    ground = luminance(seen)[0, 0]
    for wanted in (0.0, 1.0):
        assert contrast(np.array(wanted), ground) >= 3
    assert (seen.max(axis=2) < 40).sum() > 500


def test_text_is_drawn_beside_lines_and_alone(tmp_path: Path) -> None:
    rect = '<rect x="5" y="5" width="90" height="40" fill="none" stroke="black"/>'
    text = '<text x="20" y="35" font-size="20">LID</text>'
    without, beside = (picture(tmp_path, svg(inner)) for inner in (rect, rect + text))
    assert np.abs(without - beside).max(axis=2)[150:380, 100:380].max() > 150
    assert picture(tmp_path, svg(text)) is not None


@pytest.mark.parametrize("page", PAGES)
def test_hairlines_of_an_ai_file_stand_out(tmp_path: Path, page: tuple[int, int, int]) -> None:
    drawn = b"0.01 w 20 20 800 600 re S 1 1 0 RG 40 40 700 500 re S"
    assert best(on(page, picture(tmp_path, pdf(drawn, (2000.0, 700.0)), "part.ai"))) >= 2.9


COLOURS = st.tuples(*[st.integers(0, 255)] * 3)


@given(COLOURS, st.sampled_from([grounds for grounds in CHOICES if len(grounds) == 1]))
def test_what_is_brought_out_stands_out(
    colour: tuple[int, int, int], grounds: tuple[tuple[int, int, int], ...]
) -> None:
    found = brought_out(colour, grounds)
    assert stands_out(np.array([found], np.float64), grounds)[0]
    if stands_out(np.array([colour], np.float64), grounds)[0]:
        assert found == colour
