"""What Chromium paints of an SVG is as large as what we measure of it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from craftops_plugins.analyzer_drawing.analyzer import DrawingAnalyzer
from PIL import Image
from playwright.sync_api import Browser
from samples.drawings import svg

pytestmark = pytest.mark.browser
SHEET = 'width="100mm" height="60mm" viewBox="0 0 100 60"'
LARGE = 9
"""Pixels of the screen to a millimetre."""
DRAWN = {
    "a symbol, stretched and turned": '<symbol id="s" viewBox="0 0 10 10" preserveAspectRatio="none"><circle cx="5" cy="5" r="5"/></symbol><g transform="rotate(20)"><use href="#s" x="40" y="5" width="30" height="10"/></g>',
    "uses of uses": '<defs><rect id="a" width="10" height="5"/><g id="b"><use href="#a" x="5"/><use href="#a" y="20" transform="scale(2)"/></g></defs><use href="#b" x="10" y="10"/>',
    "a frame that is sliced": '<svg x="10" y="10" width="60" height="20" viewBox="0 0 10 10" preserveAspectRatio="xMaxYMin slice"><rect width="10" height="3"/></svg>',
    "percent of a frame": '<svg x="10%" y="10%" width="50%" height="50%"><rect width="100%" height="100%"/></svg>',
    "children and descendants": '<style>g>rect{fill:none} #q{display:none}</style><g><rect x="5" width="90" height="50"/></g><rect id="q" width="70" height="60"/><circle cx="30" cy="30" r="10"/>',
    "important": '<style>rect{display:none !important}</style><rect style="display:inline" width="90" height="9"/><circle cx="30" cy="30" r="10"/>',
    "moved by its style": "<style>.t{transform:translate(30px,5px) rotate(45deg)}</style><rect class='t' width='20' height='10'/>",
    "skewed": '<rect transform="translate(20 5) skewX(30) skewY(10)" width="20" height="10"/>',
    "rounded": '<rect x="5" y="5" width="40" height="20" rx="50" ry="4"/><ellipse cx="70" cy="30" rx="10"/>',
    "smooth curves": '<path d="M10 30 q 10 -20 20 0 t 20 0 t 20 0 C 75 10 80 10 85 30 S 90 50 95 30" stroke="red" fill="none" stroke-width=".1"/>',
    "long arcs": '<path d="M10 30 a 5 5 0 1 0 50 0 a 30 10 45 0 1 -20 10"/>',
    "an arc without a radius": '<path d="M10 30 A 0 5 0 1 0 50 30 L 50 50"/>',
    "on behind the end": '<path d="M10 10 h20 v20 z l-5 -5 h -3"/>',
    "numbers without gaps": '<path d="M1e1 1E1h2.0e1v5.5.5.5z"/>',
    "percent of the diagonal": '<circle cx="50%" cy="50%" r="10%"/>',
    "absolute lengths": '<rect x="1mm" y="1pc" width="10pt" height=".7cm"/>',
    "turned in its box": '<rect x="40" y="20" width="30" height="10" style="transform-box:fill-box;transform-origin:0% 100%;transform:rotate(45deg)"/>',
    "turned about a point": '<rect x="30" y="15" width="40" height="10" style="transform-origin:50px 20px;transform:rotate(30deg)"/>',
    "a drawing within uses": '<defs><svg id="n" viewBox="0 0 10 10" width="10" height="10"><rect width="10" height="10"/></svg></defs><use href="#n" x="5" y="5" width="30" height="30"/>',
    "every second": "<style>g rect:nth-child(2n){display:none}</style><g><rect width='10' height='10'/><rect x='50' width='40' height='50'/><rect x='20' y='20' width='10' height='10'/></g>",
    "shaped by its style": "<style>rect{x:5px;y:6px;width:30px;height:20px}</style><rect/>",
    "a custom property": '<style>:root{--c:none} .v{fill:var(--c)}</style><rect class="v" width="90" height="50"/><circle cx="20" cy="20" r="5" fill="red"/>',
    "clear colours": '<g color="transparent"><rect fill="currentColor" width="90" height="50"/></g><circle cx="20" cy="20" r="5" fill="hsl(10 50% 50% / .5)"/>',
    "another language": '<switch><g systemLanguage="xx"><rect width="90" height="50"/></g><rect x="5" y="5" width="20" height="20"/></switch>',
    "any of a list, none of another": "<style>:is(.a, #z){fill:none} rect:not(.a, .b, .c){display:none}</style><rect class='a' width='90' height='50'/><rect width='80' height='55'/><rect class='b' x='5' width='20' height='10'/>",
    "by kind among others": "<style>rect:nth-of-type(2), circle:last-of-type{display:none}</style><rect x='5' width='9' height='9'/><circle r='8' cx='9' cy='9'/><rect width='95' height='50'/><circle r='30' cx='50' cy='30'/>",
    "rules in rules": "<style>g{.h{display:none} &amp;>.k{fill:none}}</style><g><rect class='h' width='90' height='50'/><rect class='k' width='80' height='55'/><rect x='7' width='20' height='10'/></g>",
    "layers of rules": "<style>@layer a,b; @layer b{.h{display:none}} @layer a{.h{display:inline}} .k{fill:none} @layer b{.k{fill:red}}</style><rect class='h' width='90' height='50'/><rect class='k' width='80' height='55'/><rect x='7' width='20' height='10'/>",
    "media and support": "<style>@media not print{.h{display:none}} @media print{.b{display:none}} @supports (display:none){.k{fill:none}} @supports not (display:none){.b{display:none}}</style><rect class='h' width='90' height='50'/><rect class='k' width='80' height='55'/><rect class='b' x='7' width='20' height='10'/>",
    "values that mean nothing": "<style>.h{display:none;display:bogus} .b{fill:red;fill:rod;stroke:initial}</style><rect class='h' width='90' height='50'/><rect class='b' x='7' width='20' height='10' stroke='red' stroke-width='9'/>",
    "holding something": "<style>g:has(circle) rect{display:none}</style><g><rect width='90' height='50'/><circle r='9' cx='30' cy='30'/></g>",
    "escapes": "<style>.a\\:b, .\\31 x{display:none}</style><rect class='a:b' width='90' height='50'/><rect class='1x' width='80' height='55'/><rect x='7' width='20' height='10'/>",
    "functions in space": '<rect style="transform:translate3d(20px,5px,9px) rotatez(90deg) scale3d(.5,2,1)" width="20" height="4"/>',
    "skewed by its style": '<rect style="transform:translate(9px,5px) skew(30deg, 10deg) scale(150%)" width="20" height="10"/>',
    "an origin told in two ways": '<rect x="40" y="20" width="30" height="10" style="transform-box:fill-box;transform-origin:5px 50%;transform:rotate(60deg)"/>',
    "two addresses": '<defs><rect id="q" width="30" height="20"/><rect id="z" width="5" height="4"/></defs><use xlink:href="#z" href="#q" x="9"/>',
    "a line that is only filled": '<rect x="7" width="20" height="10"/><path d="M0 0L90 50"/>',
    "squeezed to nothing": '<rect x="7" width="20" height="10"/><g transform="scale(0 1)"><rect width="90" height="50"/></g>',
}  # fmt: skip


def ink(png: bytes) -> tuple[float, float]:
    """The sides of what is not white, in millimetres."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    rows, columns = np.flatnonzero((pixels < 250).any(axis=1)), np.flatnonzero((pixels < 250).any(axis=0))
    return (columns[-1] - columns[0] + 1) / LARGE, (rows[-1] - rows[0] + 1) / LARGE


def test_we_measure_what_chromium_paints(chrome: Browser, tmp_path: Path) -> None:
    page = chrome.new_page(viewport={"width": 100 * LARGE, "height": 60 * LARGE}, locale="en-GB")
    for kind, inner in DRAWN.items():
        text = svg(inner, SHEET)
        (tmp_path / "part.svg").write_text(text)
        drawing = DrawingAnalyzer().analyse(tmp_path / "part.svg", "part.svg").drawing
        assert drawing is not None, kind
        large = text.replace('width="100mm" height="60mm"', f'width="{100 * LARGE}" height="{60 * LARGE}"', 1)
        page.set_content(f'<body style="margin:0;overflow:hidden">{large}</body>')
        assert drawing.size_mm == pytest.approx(ink(page.screenshot()), abs=0.35), kind
    page.close()
