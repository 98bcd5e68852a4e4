"""No file leads anywhere: what it names on the network is never asked for, what it names on the disk never shown."""

from __future__ import annotations

import io
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from craftops.domain.files.designs import Analysis, Verdict
from craftops.sandbox import analyse

MESH = "craftops_plugins.analyzer_mesh.analyzer:MeshAnalyzer"
DRAWING = "craftops_plugins.analyzer_drawing.analyzer:DrawingAnalyzer"
SONG = "the-canary-sings-7f3a"
MAGENTA = (255, 0, 255)
pytestmark = [pytest.mark.usefixtures("way"), pytest.mark.long]


@dataclass(frozen=True)
class Cage:
    """What no file may reach: a listener, and a folder with a text, a picture, a drawing and a mesh."""

    folder: Path
    listener: socket.socket

    @property
    def address(self) -> str:
        return "http://{}:{}".format(*self.listener.getsockname())

    def is_quiet(self) -> bool:
        """Whether nobody has knocked: our own knock is the first that is heard."""
        with socket.create_connection(self.listener.getsockname()) as knock:
            heard, _address = self.listener.accept()
            with heard:
                return heard.getpeername() == knock.getsockname()


@pytest.fixture
def cage(tmp_path: Path) -> Iterator[Cage]:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "canary.txt").write_text(SONG)
    Image.new("RGB", (64, 64), MAGENTA).save(folder / "canary.png")
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" width="9mm" height="9mm"><g id="a"><title>{SONG}</title>'
    (folder / "canary.svg").write_text(drawn + '<rect width="30" height="30" fill="#f0f"/></g></svg>')
    (folder / "canary.css").write_text("path { fill: #f0f !important }")
    (folder / "canary.mtl").write_text(f"newmtl {SONG}\nKd 1 0 1\nmap_Kd canary.png\n")
    (folder / "canary.dxf").write_text(dxf(["0", "LINE", "8", SONG, "10", "0", "20", "0", "11", "777", "21", "0"]))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Cage(folder, listener)


def svg(body: str, before: str = "") -> str:
    root = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="50mm" height="50mm">'
    )
    return f'<?xml version="1.0"?>{before}{root}<path d="M10 10h90v90h-90z" fill="#123456"/>{body}</svg>'


def dxf(entities: list[str], blocks: list[str] | None = None, objects: list[str] | None = None) -> str:
    lines = ["0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", "AC1009", "0", "ENDSEC"]
    for name, content in (("BLOCKS", blocks), ("ENTITIES", entities), ("OBJECTS", objects)):
        if content is not None:
            lines += ["0", "SECTION", "2", name, *content, "0", "ENDSEC"]
    return "\n".join([*lines, "0", "EOF", ""])


LINE = ["0", "LINE", "8", "0", "10", "0", "20", "0", "11", "50", "21", "50"]
CUBE = "v 0 0 0\nv 9 0 0\nv 0 9 0\nv 0 0 9\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"
CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
MODEL_TYPE = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"


def threemf(model: str = "", *, relations: str = "", doctype: str = "", name: str = "part") -> bytes:
    corners = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in ((0, 0, 0), (9, 0, 0), (0, 9, 0), (0, 0, 9)))
    faces = "".join(
        f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))
    )
    xml = (
        f'<?xml version="1.0"?>{doctype}<model unit="millimeter" xmlns="{CORE}" xmlns:p="http://schemas.microsoft.com/'
        f'3dmanufacturing/production/2015/06"><metadata name="Title">{name}</metadata><resources><object id="1" '
        f'type="model"><mesh><vertices>{corners}</vertices><triangles>{faces}</triangles></mesh></object>{model}'
        '</resources><build><item objectid="1"/></build></model>'
    )
    rels = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r0" Type="{MODEL_TYPE}" Target="/3D/3dmodel.model"/>{relations}</Relationships>'
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("_rels/.rels", rels)
        archive.writestr("3D/3dmodel.model", xml)
    return packed.getvalue()


def relation(target: str, mode: str = "External", kind: str = MODEL_TYPE) -> str:
    return f'<Relationship Id="r1" Type="{kind}" Target="{target}" TargetMode="{mode}"/>'


def pdf(catalog: str, page: str = "", content: str = "10 10 50 50 re S") -> bytes:
    bodies = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R {page} >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
    ]
    out, at = b"%PDF-1.5\n%AI12_\n", []
    for number, body in enumerate(bodies, 1):
        at.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in at)
    start = len(out)
    count = len(bodies) + 1
    tail = (
        f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n"
    )
    return out + tail.encode() + b"%%EOF\n"


def ways_out(cage: Cage) -> dict[str, bytes]:
    """Every known way out, as a file: name -> content."""
    home, outside = cage.address, str(cage.folder)
    url = cage.folder.as_uri()
    texts = {
        "image-http.svg": svg(f'<image xlink:href="{home}/a.png" width="99" height="99"/>'),
        "image-file.svg": svg(f'<image xlink:href="{url}/canary.png" width="99" height="99"/>'),
        "image-path.svg": svg(f'<image href="{outside}/canary.png" width="99" height="99"/>'),
        "image-beside.svg": svg('<image href="../outside/canary.png" width="99" height="99"/>'),
        "image-drawing.svg": svg(f'<image href="{outside}/canary.svg" width="99" height="99"/>'),
        "filter.svg": svg(
            f'<filter id="f"><feImage href="{outside}/canary.png"/></filter><rect width="99" height="99" filter="url(#f)"/>'
        ),
        "use-file.svg": svg(f'<use xlink:href="{url}/canary.svg#a"/>'),
        "use-http.svg": svg(f'<use xlink:href="{home}/a.svg#a"/>'),
        "import-http.svg": svg(f'<style>@import url("{home}/a.css"); path {{ stroke: url({home}/b.svg#c) }}</style>'),
        "import-file.svg": svg(f'<style>@import "{url}/canary.css";</style>'),
        "font.svg": svg(
            f"<style>@font-face {{ font-family: f; src: url({home}/f.woff) }}</style><text font-family='f' y='99'>x</text>"
        ),
        "sheet.svg": svg("", f'<?xml-stylesheet href="{home}/a.css"?><?xml-stylesheet href="{url}/canary.css"?>'),
        "script.svg": svg(f'<script href="{home}/a.js"/><a href="{home}/"><path d="M0 0h9"/></a>'),
        "entity-file.svg": svg(
            "<text y='20'>&e;</text><title>&e;</title>", f'<!DOCTYPE svg [<!ENTITY e SYSTEM "{url}/canary.txt">]>'
        ),
        "entity-http.svg": svg("<text y='20'>&e;</text>", f'<!DOCTYPE svg [<!ENTITY e SYSTEM "{home}/e">]>'),
        "entity-parameter.svg": svg("", f'<!DOCTYPE svg [<!ENTITY % e SYSTEM "{home}/e.dtd"> %e;]>'),
        "doctype.svg": svg("", f'<!DOCTYPE svg SYSTEM "{home}/svg.dtd">'),
        "include.svg": svg(
            f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{url}/canary.txt" parse="text"/>'
        ),
        "library-beside.obj": f"mtllib ../outside/canary.mtl\nusemtl {SONG[:3]}\n{CUBE}",
        "library-path.obj": f"mtllib {outside}/canary.mtl\n{CUBE}",
        "library-http.obj": f"mtllib {home}/a.mtl\nmap_Kd {home}/a.png\n{CUBE}",
        "call.obj": f"call {outside}/canary.txt\nmaplib {outside}/canary.mtl\nshadow_obj {outside}/canary.txt\n{CUBE}",
        "xref.dxf": dxf(
            [*LINE, "0", "INSERT", "8", "0", "2", "X", "10", "0", "20", "0"],
            ["0", "BLOCK", "8", "0", "2", "X", "70", "4", "10", "0", "20", "0", "1", f"{outside}/canary.dxf", "0", "ENDBLK"],
        ),
        "image.dxf": dxf(
            [
                *LINE, "0", "IMAGE", "5", "A1", "100", "AcDbEntity", "8", "0", "100", "AcDbRasterImage", "10", "0", "20", "0",
                "11", "1", "21", "0", "12", "0", "22", "1", "13", "64", "23", "64", "340", "A2",
            ],
            objects=[
                "0", "IMAGEDEF", "5", "A2", "100", "AcDbRasterImageDef", "90", "0", "1", f"{outside}/canary.png", "10",
                "64", "20", "64", "280", "1",
            ],
        ),
        "underlay.dxf": dxf(
            LINE, objects=["0", "PDFDEFINITION", "5", "A3", "100", "AcDbUnderlayDefinition", "1", f"{outside}/canary.txt"]
        ),
    }  # fmt: skip
    action = f"<< /S /URI /URI ({home}/pdf) >>"
    return {
        **{name: text.encode() for name, text in texts.items()},
        "entity-file.3mf": threemf(doctype=f'<!DOCTYPE m [<!ENTITY e SYSTEM "{url}/canary.txt">]>', name="&e;"),
        "entity-http.3mf": threemf(doctype=f'<!DOCTYPE m SYSTEM "{home}/m.dtd">'),
        "external-http.3mf": threemf(relations=relation(f"{home}/3D/other.model")),
        "external-file.3mf": threemf(relations=relation(f"{url}/canary.txt")),
        "external-picture.3mf": threemf(relations=relation(f"{outside}/canary.png", "Internal", "thumbnail")),
        "part-elsewhere.3mf": threemf(
            '<object id="2"><components><component objectid="1" p:path="/../../outside/canary.txt"/></components></object>'
        ),
        "opens.ai": pdf(f"/OpenAction {action}"),
        "launches.ai": pdf(f"/OpenAction << /S /Launch /F ({outside}/canary.txt) >>"),
        "submits.ai": pdf(f"/AA << /WC << /S /SubmitForm /F << /FS /URL /F ({home}/form) >> >> >>"),
        "links.ai": pdf("", f"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 100 100] /A {action} >>]"),
        "refers.ai": pdf(
            "",
            f"/Resources << /XObject << /X << /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 0 /F ({outside}/canary.txt)"
            " >> >> >>",
            "10 10 50 50 re S /X Do",
        ),
    }


def shows(analysis: Analysis) -> bool:
    """Whether anything of the canary is in the result: its words, its measure, or its colour."""
    if SONG in repr(analysis) or "777" in repr(analysis.drawing):
        return True
    if analysis.picture is None:
        return False
    if SONG.encode() in analysis.picture:
        return True
    pixels = np.asarray(Image.open(io.BytesIO(analysis.picture)).convert("RGBA")).astype(int)
    near = (np.abs(pixels[..., :3] - MAGENTA) < 40).all(axis=2) & (pixels[..., 3] > 40)
    return bool(near.any())


@pytest.mark.ci
@pytest.mark.parametrize("way", ["warm", "cold"], indirect=True)
def test_no_way_leads_out(cage: Cage, tmp_path: Path, way: str) -> None:
    """A cold child differs by how it begins and not by what it reads, and takes seconds to begin: it is asked with every
    third file, among which each format is, and both the network and the disk."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    understood, tried = 0, list(ways_out(cage).items())[:: 3 if way == "cold" else 1]
    for name, content in tried:
        path = folder / name
        path.write_bytes(content)
        analysis = analyse(MESH if name.endswith(("obj", "3mf")) else DRAWING, path, name)
        assert not shows(analysis), name
        assert analysis.verdict is not Verdict.BY_HAND, f"{name} was not looked at at all"
        understood += analysis.verdict is not Verdict.REFUSED
    assert cage.is_quiet()
    assert {Path(name).suffix for name, _content in tried} == {".svg", ".obj", ".dxf", ".3mf", ".ai"}
    assert understood > len(tried) * 0.55  # most are plain files besides: it was not by refusing that nothing happened


def test_the_canary_would_be_seen(cage: Cage) -> None:
    drawn = Image.new("RGBA", (512, 512))
    drawn.paste(Image.open(cage.folder / "canary.png"), (100, 100))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    assert shows(Analysis(Verdict.ACCEPTED, "good", "Fine.", picture=out.getvalue()))
    assert shows(Analysis(Verdict.ACCEPTED, "good", f"It holds {SONG}."))
    with socket.create_connection(cage.listener.getsockname()):
        assert not cage.is_quiet()
