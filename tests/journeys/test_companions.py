"""What nothing is made of, and what helps all the same: a PDF, a photo, a STEP model ride along with an order."""

from __future__ import annotations

import io
import re

import pytest

from craftops.errors import AccessError
from craftops.services.orders import ordering
from craftops.store.database import utcnow
from craftops.store.models import DesignFileRow, OrderRow, WorkRow
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import cube_stl

PDF = b"%PDF-1.4\n%drawing"
SPECIFICATION = {"material": "pla", "colour": "Black", "finish": "as_made", "quantity": "1", "instructions": ""}


def dropped(browser: Browser, name: str, content: bytes) -> dict[str, str]:
    """The fields of the line that the file has become."""
    answer = browser.drop(name, content)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    key = re.search(r'name="line" value="(\w+)"', answer.json["html"])[1]
    return {"key": key, "id": str(answer.json["id"]), "html": answer.json["html"]}


def test_a_drawing_rides_along(workshop: Workshop) -> None:
    ada, sam = workshop.browser("ada"), workshop.browser("sam")
    part, drawing = dropped(ada, "part.stl", cube_stl()), dropped(ada, "tolerances.pdf", PDF)
    assert "it rides along" in drawing["html"]
    assert "Material" not in drawing["html"], "nobody asks what it should be made of"
    form = {
        "line": [part["key"], drawing["key"]], f"file-{part['key']}": part["id"], f"file-{drawing['key']}": drawing["id"],
        **{f"{name}-{part['key']}": value for name, value in SPECIFICATION.items()}, "delivery": "pickup", "token": "t",
    }  # fmt: skip
    faulty = {**form, f"material-{part['key']}": ""}
    page = ada.send("/orders/new", faulty, on="/orders/new").get_data(as_text=True)
    assert "tolerances.pdf" in page, "a mistake elsewhere does not lose it"
    answer = ada.send("/orders/new", form, on="/orders/new")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    code = answer.headers["Location"].rsplit("/", 1)[1]
    for page in (ada.see(f"/orders/{code}"), sam.see(f"/staff/orders/{code}")):
        assert "Rides along" in page
        assert "tolerances.pdf" in page
    assert ada.get(f"/files/{drawing['id']}/download").data == PDF
    assert workshop.browser("bob").get(f"/files/{drawing['id']}/download").status_code == 404
    assert len(OrderRow.get(OrderRow.code == code).lines) == 1
    assert not WorkRow.select().where(WorkRow.payload.contains(f'"file":{drawing["id"]}')).exists(), "nothing opens it"


@pytest.mark.parametrize(
    ("name", "content"),
    [("photo.jpg", b"\xff\xd8\xff\xe0"), ("part.step", b"ISO-10303-21;"), ("a.png", b"\x89PNG\r\n")],
)
def test_pictures_and_step_too(workshop: Workshop, name: str, content: bytes) -> None:
    row = DesignFileRow.get_by_id(int(dropped(workshop.browser("ada"), name, content)["id"]))
    assert (row.verdict, row.format) == ("companion", "")


def test_alone_it_is_no_order(workshop: Workshop) -> None:
    ada = workshop.browser("ada")
    drawing = dropped(ada, "tolerances.pdf", PDF)
    form = {"line": drawing["key"], f"file-{drawing['key']}": drawing["id"], "delivery": "pickup", "token": "t"}
    answer = ada.send("/orders/new", form, on="/orders/new")
    assert answer.status_code == 422
    assert "Add at least one file." in answer.get_data(as_text=True)


def test_a_foreign_file_does_not_ride_along(workshop: Workshop) -> None:
    theirs = workshop.upload("bob", "secret.pdf", PDF)
    mine = workshop.upload("ada")
    workshop.run_due()
    line = ordering.LineDraft(mine, 1, "pla", "Black", "as_made")
    with pytest.raises(AccessError):
        ordering.place_order(
            workshop.shop, actor=workshop.actor("ada"), customer=workshop.people["ada"], lines=[line],
            delivery=ordering.Delivery.PICKUP, at=utcnow(), companions=[theirs],
        )  # fmt: skip


def test_nothing_is_made_of_it(workshop: Workshop) -> None:
    order = workshop.place("ada")
    ada = workshop.browser("ada")
    answer = ada.send(
        f"/orders/{order.code}/lines/{order.lines[0].id}/revisions", {"file": (io.BytesIO(PDF), "v2.pdf")},
        on=f"/orders/{order.code}", content_type="multipart/form-data",
    )  # fmt: skip
    assert answer.status_code == 409
    assert OrderRow.get_by_id(order.id).lines[0].revision == 1
