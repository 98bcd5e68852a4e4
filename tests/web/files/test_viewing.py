"""A part to turn: kept beside its picture, shown to its owner and to staff, to nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from craftops.processes.doctor import examine
from craftops.store.database import utcnow
from craftops.store.models import BlobRow, DesignFileRow
from craftops.testing import Workshop
from craftops.testing.workshop import MEASURED

PICTURE = b"\x89PNG\r\n\x1a\nof a part"
MODEL = b"glTF\x02\0\0\0of a part"


@pytest.fixture
def file_id(workshop: Workshop) -> int:
    """A file of Ada's with a picture and a model."""
    workshop.analysis = replace(MEASURED, picture=PICTURE, model=MODEL, extra={"model_triangles": 12})
    file_id = workshop.upload("ada")
    workshop.run_due()
    return file_id


def test_its_owner_and_staff_turn_it_and_nobody_else(workshop: Workshop, file_id: int) -> None:
    sha = DesignFileRow.get_by_id(file_id).model_sha
    for who in ("ada", "sam", "olga"):
        browser = workshop.browser(who)
        page = browser.see(f"/files/{file_id}/view")
        assert f"/files/{file_id}/model.glb?v={sha[:8]}" in page
        assert "20 × 20 × 20 mm" in page
        answer = browser.get(f"/files/{file_id}/model.glb")
        assert (answer.mimetype, answer.data) == ("model/gltf-binary", MODEL)
    for path in (f"/files/{file_id}/view", f"/files/{file_id}/model.glb"):
        foreign = workshop.browser("bob").get(path)
        missing = workshop.browser("bob").get(path.replace(str(file_id), "999"))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.data == missing.data or b"bracket" not in foreign.data
        assert workshop.browser().get(path).status_code == 303


def test_a_model_is_asked_for_once_and_kept_by_nobody_between(workshop: Workshop, file_id: int) -> None:
    sha = DesignFileRow.get_by_id(file_id).model_sha
    ada = workshop.browser("ada")
    named = ada.get(f"/files/{file_id}/model.glb?v={sha[:8]}").headers["Cache-Control"]
    assert "private" in named
    assert "immutable" in named
    assert "public" not in named
    for other in ("", "?v=", "?v=00000000"):
        assert "immutable" not in ada.get(f"/files/{file_id}/model.glb{other}").headers["Cache-Control"]


def test_only_the_page_of_a_part_may_start_the_viewer(workshop: Workshop, file_id: int) -> None:
    ada = workshop.browser("ada")
    page = ada.get(f"/files/{file_id}/view")
    assert all(inline not in page.get_data(as_text=True) for inline in (" style=", "<style", " onclick", "<script>"))
    there = page.headers["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in there
    assert "unsafe-inline" not in there
    assert "'unsafe-eval'" not in there
    for path in (
        "/",
        "/orders/new",
        f"/files/{file_id}/card",
        f"/files/{file_id}/model.glb",
        f"/files/{file_id}/picture",
    ):
        policy = ada.get(path).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "sha256" not in policy


def test_the_card_leads_there(workshop: Workshop, file_id: int) -> None:
    card = workshop.browser("ada").see(f"/files/{file_id}/card")
    assert f'href="/files/{file_id}/view" data-turbo="false"' in card
    assert "Turn it in 3D" in card


def test_a_file_with_only_a_picture_has_a_page_without_a_viewer(workshop: Workshop) -> None:
    workshop.analysis = replace(MEASURED, picture=PICTURE)
    file_id = workshop.upload("ada")
    workshop.run_due()
    ada = workshop.browser("ada")
    assert "Turn it in 3D" not in ada.see(f"/files/{file_id}/card")
    page = ada.get(f"/files/{file_id}/view")
    assert "There is only a picture of this file." in page.get_data(as_text=True)
    assert "model-viewer" not in page.get_data(as_text=True)
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert ada.get(f"/files/{file_id}/model.glb").status_code == 404


def test_what_was_simplified_is_said(workshop: Workshop) -> None:
    assert MEASURED.mesh is not None
    mesh = replace(MEASURED.mesh, triangles=1_000_000)
    workshop.analysis = replace(MEASURED, mesh=mesh, picture=PICTURE, model=MODEL, extra={"model_triangles": 94_566})
    file_id = workshop.upload("ada")
    workshop.run_due()
    page = workshop.browser("ada").see(f"/files/{file_id}/view")
    assert "94,566 of its 1,000,000 triangles" in page


def test_the_way_back_leads_to_the_order(workshop: Workshop) -> None:
    workshop.analysis = replace(MEASURED, picture=PICTURE, model=MODEL)
    order = workshop.place("ada")
    path = f"/files/{order.lines[0].file_id}/view"
    assert f'href="/orders/{order.code}"' in workshop.browser("ada").see(path)
    assert f'href="/staff/orders/{order.code}"' in workshop.browser("sam").see(path)


def test_the_same_content_has_the_same_model(workshop: Workshop, file_id: int) -> None:
    twin = workshop.upload("bob")
    workshop.run_due()
    assert DesignFileRow.get_by_id(twin).model_sha == DesignFileRow.get_by_id(file_id).model_sha != ""


def test_the_doctor_misses_a_model(workshop: Workshop, file_id: int) -> None:
    assert examine(workshop.shop, at=utcnow()) == []
    DesignFileRow.update(model_sha="0" * 64).where(DesignFileRow.id == file_id).execute()
    assert not BlobRow.select().where(BlobRow.sha256 == "0" * 64).exists()
    assert examine(workshop.shop, at=utcnow()) == ["The 3D view of bracket.stl is missing."]
