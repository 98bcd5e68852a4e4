"""Small meshes that the tests write themselves: a box as points and faces, as OBJ, STL and 3MF."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterable

Point = tuple[float, float, float]
CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
MODEL_TYPE = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
QUADS = ((1, 4, 3, 2), (5, 6, 7, 8), (1, 2, 6, 5), (2, 3, 7, 6), (3, 4, 8, 7), (4, 1, 5, 8))
"""The sides of the box, seen from outside against the clock, numbered from 1."""
TRIANGLES = tuple(half for a, b, c, d in QUADS for half in ((a, b, c), (a, c, d)))


def corners(a: float, b: float, c: float, at: Point = (0, 0, 0)) -> list[Point]:
    """The eight corners of a box."""
    flat = ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))
    return [(at[0] + a * x, at[1] + b * y, at[2] + c * z) for x, y, z in flat]


def obj(points: Iterable[Point], faces: Iterable[tuple[int, ...]], word: str = "{}") -> str:
    """An OBJ; ``word`` says how a corner is written, ``{}`` or ``{}/{}`` or ``{}//1``."""
    lines = [f"v {x:g} {y:g} {z:g}" for x, y, z in points]
    lines += ["f " + " ".join(word.format(number, number) for number in face) for face in faces]
    return "\n".join(lines) + "\n"


def box_obj(a: float = 20, b: float = 30, c: float = 40) -> str:
    """A box as the plainest OBJ."""
    return obj(corners(a, b, c), TRIANGLES)


def box_stl(a: float = 20, b: float = 30, c: float = 40) -> str:
    """A box as ASCII STL."""
    points = corners(a, b, c)
    lines = ["solid box"]
    for face in TRIANGLES:
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += ["vertex {:g} {:g} {:g}".format(*points[number - 1]) for number in face]
        lines += ["endloop", "endfacet"]
    return "\n".join([*lines, "endsolid box", ""])


def mesh_xml(a: float = 10, b: float = 10, c: float = 10, at: Point = (0, 0, 0), *, inside_out: bool = False) -> str:
    """The ``mesh`` of a 3MF object: a box."""
    faces = [face[::-1] for face in TRIANGLES] if inside_out else TRIANGLES
    points = "".join(f'<vertex x="{x:g}" y="{y:g}" z="{z:g}"/>' for x, y, z in corners(a, b, c, at))
    turned = "".join(f'<triangle v1="{i - 1}" v2="{j - 1}" v3="{k - 1}"/>' for i, j, k in faces)
    return f"<mesh><vertices>{points}</vertices><triangles>{turned}</triangles></mesh>"


def object_xml(number: int, inner: str, kind: str = "model") -> str:
    """A 3MF object around a mesh or around components."""
    return f'<object id="{number}" type="{kind}">{inner}</object>'


def components(*parts: str) -> str:
    """The ``components`` of a 3MF object."""
    return f"<components>{''.join(parts)}</components>"


def component(number: int, transform: str = "", path: str = "") -> str:
    """One use of another object."""
    placed = f' transform="{transform}"' if transform else ""
    where = f' p:path="{path}"' if path else ""
    return f'<component objectid="{number}"{placed}{where}/>'


def build(*parts: str) -> str:
    """What is built: ``placed(1)``, ``placed(1, "1 0 0 ...")``."""
    return "".join(parts)


def placed(number: int, transform: str = "") -> str:
    """One line of the build."""
    return f'<item objectid="{number}"{f" transform={chr(34)}{transform}{chr(34)}" if transform else ""}/>'


def model_xml(objects: str, built: str, unit: str | None = "millimeter", before: str = "") -> str:
    """A whole model part."""
    said = f' unit="{unit}"' if unit else ""
    others = f' xmlns:p="{PRODUCTION}"' if "p:path" in objects else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<model{said} xmlns="{CORE}"{others}>'
        f"<resources>{objects}</resources><build>{built}</build></model>"
    )


def relations(target: str = "/3D/3dmodel.model", more: str = "") -> str:
    """The list of the package's parts."""
    return (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Target="{target}" Id="r0" Type="{MODEL_TYPE}"/>{more}</Relationships>'
    )


TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
)


def zipped(members: Iterable[tuple[str, str | bytes]], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these members, in this order; a name may come twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # it warns of two members of one name, which is what some tests want
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def package(model: str | bytes, *more: tuple[str, str | bytes], rels: str | None = None) -> bytes:
    """A 3MF package around a model part."""
    return zipped(
        [
            ("[Content_Types].xml", TYPES),
            ("_rels/.rels", rels or relations()),
            ("3D/3dmodel.model", model),
            *more,
        ]
    )


def box_3mf(unit: str | None = "millimeter", *transforms: str, side: float = 10) -> bytes:
    """A cube, built once, or once for each transform."""
    built = "".join(placed(1, one) for one in transforms) or placed(1)
    return package(model_xml(object_xml(1, mesh_xml(side, side, side)), built, unit))
