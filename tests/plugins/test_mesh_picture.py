"""What is around a model in its picture stands out from a light and from a dark page, flat models too."""

from __future__ import annotations

import io

import numpy as np
import pytest
from craftops_plugins.analyzer_drawing.contrast import PAGES, contrast, luminance
from craftops_plugins.analyzer_mesh.picture import draw
from PIL import Image
from samples.meshes import TRIANGLES, corners

SHAPES = {
    "a cube": corners(20, 20, 20), "a plate": corners(200, 120, 0.2), "a rod": corners(200, 4, 4),
    "flat": corners(40, 40, 1e-9),
}  # fmt: skip


@pytest.mark.parametrize("kind", SHAPES)
def test_the_outline_stands_out_from_both_pages(kind: str) -> None:
    faces = np.array(SHAPES[kind], np.float32)[np.array(TRIANGLES) - 1]
    with Image.open(io.BytesIO(draw(faces, cull=False))) as image:
        pixels = np.asarray(image).astype(np.float64)
    whole = pixels[:, :, 3] > 250
    deep = whole & np.roll(whole, 1, 0) & np.roll(whole, -1, 0) & np.roll(whole, 1, 1) & np.roll(whole, -1, 1)
    outline = luminance(pixels[whole & ~deep][:, :3])
    for page in PAGES:
        assert np.quantile(contrast(outline, luminance(np.array(page, np.float64))), 0.05) >= 3.0, page
