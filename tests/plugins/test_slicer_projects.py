"""Projects of slicers are good 3MF: what they write beside the standard is no departure from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from craftops_plugins.analyzer_mesh.analyzer import MeshAnalyzer
from samples.meshes import (
    CORE,
    MODEL_TYPE,
    PRODUCTION,
    TYPES,
    mesh_xml,
    model_xml,
    object_xml,
    package,
    placed,
    relations,
    zipped,
)

from craftops.domain.files.designs import Analysis, Verdict

MESH = mesh_xml(20, 20, 20)
PAINTED = MESH.replace('v3="1"/>', 'v3="1" {}/>', 1)
BAMBU = 'xmlns:BambuStudio="http://schemas.bambulab.com/package/2021"'
OWN = "".join(
    f'<metadata name="{name}">x</metadata>'
    for name in ("Designer", "DesignerUserId", "License", "Origin", "Thumbnail_Small")
)


def analyse(folder: Path, content: bytes) -> Analysis:
    (folder / "part.3mf").write_bytes(content)
    return MeshAnalyzer().analyse(folder / "part.3mf", "part.3mf")


def bambu(application: str, item: str, paint: str) -> bytes:
    head = f'<?xml version="1.0" encoding="UTF-8"?><model unit="millimeter" xml:lang="en-US" xmlns="{CORE}" {BAMBU} xmlns:p="{PRODUCTION}" requiredextensions="p">'
    part = f'<object id="1" p:UUID="00010000-81cb-4c03-9d28-80fed5dfa1dc" type="model">{PAINTED.format(paint)}</object>'
    use = '<component p:path="/3D/Objects/object_1.model" objectid="1" p:UUID="00010000-b206-40ff-9872-83e8017abed1" transform="1 0 0 0 1 0 0 0 1 0 0 0"/>'
    whole = f'<object id="2" p:UUID="00000001-61cb-4c03-9d28-80fed5dfa1dc" type="model"><components>{use}</components></object>'
    built = f'<build p:UUID="2c7c17d8-22b5-4d84-8835-1976022ea369"><item objectid="2" p:UUID="00000002-b1ec-4553-aec9-835e5b724bb4" {item}/></build>'
    said = f'<metadata name="Application">{application}</metadata><metadata name="BambuStudio:3mfVersion">1</metadata>{OWN}'
    links = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    links += f'<Relationship Target="/3D/Objects/object_1.model" Id="rel-1" Type="{MODEL_TYPE}"/></Relationships>'
    return zipped([
        ("[Content_Types].xml", TYPES), ("_rels/.rels", relations()), ("3D/_rels/3dmodel.model.rels", links),
        ("3D/3dmodel.model", f"{head}{said}<resources>{whole}</resources>{built}</model>"),
        ("3D/Objects/object_1.model", f"{head}<resources>{part}</resources><build/></model>"),
    ])  # fmt: skip


def prusa() -> bytes:
    own = 'xmlns:slic3rpe="http://schemas.slic3r.org/3mf/2017/06"'
    mesh = PAINTED.format('slic3rpe:custom_supports="4" slic3rpe:mmu_segmentation="8"')
    item = placed(1).replace("/>", ' printable="1"/>')
    model = model_xml(object_xml(1, mesh), item).replace("<model", f"<model {own}", 1)
    said = '<metadata name="slic3rpe:Version3mf">1</metadata><metadata name="Application">PrusaSlicer-2.8.0</metadata>'
    return package(model.replace("<resources>", said + "<resources>"))


PROJECTS = {
    "Bambu Studio": bambu("BambuStudio-01.09.05.51", 'printable="1"', 'paint_color="8"'),
    "OrcaSlicer": bambu("OrcaSlicer-2.2.0", 'printable="1" auto_drop="0"', 'paint_supports="4" paint_seam="8"'),
    "PrusaSlicer": prusa(),
    "a note in CDATA": package(
        model_xml(object_xml(1, MESH), placed(1)).replace(
            "<resources>", '<metadata name="Description"><![CDATA[<p>a & b</p>]]></metadata><resources>'
        )
    ),
}


@pytest.mark.parametrize("kind", PROJECTS)
def test_a_project_is_accepted(tmp_path: Path, kind: str) -> None:
    analysis = analyse(tmp_path, PROJECTS[kind])
    assert analysis.mesh is not None, analysis.sentence
    assert analysis.mesh.volume_mm3 == pytest.approx(8000)
    assert analysis.verdict is Verdict.ACCEPTED, analysis.findings


def test_the_words_of_slicers_in_other_files_are_still_a_departure(tmp_path: Path) -> None:
    model = model_xml(object_xml(1, MESH), placed(1)).replace("<resources>", OWN + "<resources>")
    assert analyse(tmp_path, package(model)).code == "off_standard"


def test_a_mesh_that_only_stands_for_its_slices_is_said(tmp_path: Path) -> None:
    own = 'xmlns:s="http://schemas.microsoft.com/3dmanufacturing/slice/2015/07"'
    model = model_xml(object_xml(1, MESH), placed(1)).replace("<model", f"<model {own}", 1)
    model = model.replace("<object", '<object s:meshresolution="lowres"', 1)
    assert "lowres" in {found.code for found in analyse(tmp_path, package(model)).findings}


def test_a_surface_and_nothing_but_supports_are_said(tmp_path: Path) -> None:
    surface = analyse(tmp_path, package(model_xml(object_xml(1, MESH, "surface"), placed(1))))
    assert surface.code == "surface"
    supports = analyse(tmp_path, package(model_xml(object_xml(1, MESH, "support"), placed(1))))
    assert (supports.verdict, "supports" in supports.sentence) == (Verdict.REFUSED, True)


def test_a_model_that_is_scrambled_beside_its_keys_is_locked(tmp_path: Path) -> None:
    content = package(bytes(range(256)) * 4, ("Secure/keystore.xml", "<keystore/>"))
    assert analyse(tmp_path, content).code == "encrypted"
