"""Files that only want to cost time and memory, made here; each kind differs by ``number``, so that none is a twin."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{0}mm" height="9mm">'


def deep_svg(number: int) -> bytes:
    """Groups within groups within groups."""
    depth = 60_000
    return (SVG.format(9 + number) + "<g>" * depth + '<path d="M0 0h9"/>' + "</g>" * depth + "</svg>").encode()


def laughing_svg(number: int) -> bytes:
    """Each group uses the one before ten times: a hundred thousand squares, a little less than what is refused."""
    groups = ['<g id="a0"><path d="M0 0h1v1h-1z"/></g>']
    for level in range(1, 6):
        groups.append(f'<g id="a{level}">' + f'<use xlink:href="#a{level - 1}"/>' * 10 + "</g>")
    return (SVG.format(9 + number) + "<defs>" + "".join(groups) + '</defs><use xlink:href="#a5"/></svg>').encode()


def bomb_3mf(number: int) -> bytes:
    """A small package that unpacks to a gigabyte of blanks."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("3D/3dmodel.model", "w") as part:
        for _ in range(1000):
            part.write(b" " * 1_000_000)
        part.write(str(number).encode())
    return packed.getvalue()


def promising_stl(number: int) -> bytes:
    """Four thousand million triangles, it says."""
    return str(number).encode().ljust(80) + struct.pack("<I", 0xFFFFFFFF) + bytes(5_000_000)


def winding_dxf(number: int) -> bytes:
    """Splines of a high degree through points that lie far apart."""
    chance = random.Random(number)
    degree, points = 25, 300
    lines = ["0", "SECTION", "2", "ENTITIES"]
    for _ in range(400):
        lines += ["0", "SPLINE", "8", "0", "100", "AcDbEntity", "100", "AcDbSpline", "70", "8", "71", str(degree)]
        knots = [0] * degree + list(range(points - degree + 1)) + [points - degree] * degree
        lines += ["72", str(len(knots)), "73", str(points), "74", "0"]
        for knot in knots:
            lines += ["40", str(knot)]
        for _point in range(points):
            lines += ["10", f"{chance.random() * 1e5:.3f}", "20", f"{chance.random() * 1e5:.3f}", "30", "0"]
    return "\n".join([*lines, "0", "ENDSEC", "0", "EOF", ""]).encode()


FILES: dict[str, Callable[[int], bytes]] = {
    "winding.dxf": winding_dxf,
    "laughing.svg": laughing_svg,
    "deep.svg": deep_svg,
    "bomb.3mf": bomb_3mf,
    "promising.stl": promising_stl,
}
