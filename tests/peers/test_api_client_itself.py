"""A client that openapi-python-client has generated from our description orders, pays and tracks: none of it is ours."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from samples.parcel_desk import ADA, open_for_shipping, rated_parcel
from samples.pay_site import PaySite, open_for_money

from craftops.domain.billing.documents import DocumentKind, DocumentLine
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Scope
from craftops.sdk.payment import PaymentState
from craftops.services.billing import invoicing
from craftops.services.billing.invoicing import Draft
from craftops.services.people import accounts
from craftops.services.shipping import handing_over, labels
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import JobRow, OperationRow, OrderRow
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl

pytest.importorskip("openapi_python_client", reason="openapi-python-client belongs to the development tools")
httpx = pytest.importorskip("httpx", reason="the generated client needs it")
NAME = "generated_shop_client"


@pytest.fixture
def generated(workshop: Workshop, tmp_path: Path) -> Iterator[Any]:
    """The package, made from what the shop says of itself."""
    said = workshop.app.test_client().get("/api/v1/openapi.json").data
    (tmp_path / "openapi.json").write_bytes(said)
    program = [sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json"]
    done = subprocess.run(
        [*program, "--output-path", NAME, "--meta", "none"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Unable to parse" not in done.stdout
    sys.path.insert(0, str(tmp_path))
    yield importlib.import_module(NAME)
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.split(".")[0] == NAME]:
        del sys.modules[name]


def call(name: str) -> Any:
    return importlib.import_module(f"{NAME}.api.{name}").sync


def models() -> Any:
    return importlib.import_module(f"{NAME}.models")


def client_of(generated: Any, workshop: Workshop, who: str) -> Any:
    token = accounts.create_token("client", frozenset(Scope), customer=workshop.people[who], at=utcnow())
    client = generated.AuthenticatedClient(base_url="http://shop", token=token)
    transport = httpx.WSGITransport(app=workshop.app)
    headers = {"Authorization": f"Bearer {token}"}
    return client.set_httpx_client(httpx.Client(transport=transport, base_url="http://shop", headers=headers))


def pay(workshop: Workshop, site: PaySite, link: str) -> None:
    """What the reader of the link does, and their bank."""
    path = link.split("/", 3)[3]
    anybody = workshop.browser()
    anybody.send(f"/{path}/pay_site", {}, on=f"/{path}")
    site.payer("cs_1", PaymentState.SUCCEEDED)
    said = orjson.dumps({"id": "evt_1", "kind": "changed", "ref": "cs_1"})
    assert anybody.client.post("/webhooks/pay_site", data=said, headers={"X-Signature": "good"}).status_code == 200
    workshop.run_due()


def make(workshop: Workshop, code: str) -> None:
    """The floor's part, written past: other tests walk it."""
    order, now = OrderRow.get(OrderRow.code == code), utcnow()
    JobRow.update(state="done", finished_at=now).where(JobRow.order == order.id).execute()
    OperationRow.update(done_at=now).where(OperationRow.order == order.id).execute()
    OrderRow.update(stage=Stage.READY_TO_SHIP.value, stage_since=now).where(OrderRow.id == order.id).execute()


def test_order_pay_track(workshop: Workshop, generated: Any) -> None:
    site, carrier = open_for_money(workshop), open_for_shipping(workshop)
    client, told = client_of(generated, workshop, "ada"), models()
    file = importlib.import_module(f"{NAME}.types").File(io.BytesIO(cube_stl()))
    sent = call("files.send_in")(client=client, body=file, name="bracket.stl")
    assert isinstance(sent, told.FileOut)
    workshop.run_due()
    assert call("files.get_file")(sent.id, client=client).verdict == "accepted"
    line = told.LineIn(file_id=sent.id, quantity=2, material="pla", colour="Black", finish="as_made")
    body = told.OrderIn(lines=[line], delivery=told.Delivery.SHIPPING, submit_token="once")
    order = call("orders.place_order")(client=client, body=body)
    assert isinstance(order, told.OrderOut), order
    assert order.stage == told.Stage.RECEIVED
    again = call("orders.place_order")(client=client, body=body)
    assert again.code == order.code
    address = told.AddressIn(name=ADA.name, line1=ADA.line1, city=ADA.city, country=ADA.country, postcode=ADA.postcode)
    where = call("delivery.put_address")(order.code, client=client, body=address)
    assert where.address.city == "Berlin"
    message = told.MessageIn(text="By Friday, please")
    assert call("messages.post_message")(order.code, client=client, body=message).author == "Ada"
    row = OrderRow.get(OrderRow.code == order.code)
    taxed = DocumentLine("Bracket", 2, 11_900, Tax(TaxCategory.STANDARD, 1900))
    draft = Draft(DocumentKind.INVOICE, (taxed,), Rounding.SUM_BY_NET_KEEP_GROSS, "x")
    sam = workshop.actor("sam")
    with unit_of_work() as uow:
        invoicing.issue(
            workshop.shop, uow, draft, order=row, customer=workshop.people["ada"], actor=sam, at=utcnow()
        )  # fmt: skip
    [invoice] = call("invoices.list_invoices")(order.code, client=client).invoices
    assert (invoice.gross, invoice.settled) == (23_800, 0)
    pay(workshop, site, invoice.link)
    [invoice] = call("invoices.list_invoices")(order.code, client=client).invoices
    assert invoice.settled == 23_800
    make(workshop, order.code)
    parcel = rated_parcel(workshop, OrderRow.get_by_id(row.id))
    labels.order_label(workshop.shop, parcel.id, carrier.name, "standard", actor=sam, at=utcnow())
    workshop.run_due()
    handing_over.hand_over(workshop.shop, [parcel.id], actor=sam, at=utcnow())
    [seen] = call("delivery.get_delivery")(order.code, client=client).parcels
    assert seen.number == "PX0000000001"
    assert call("orders.get_order")(order.code, client=client).stage == told.Stage.SHIPPED
    assert [one.code for one in call("orders.list_orders")(client=client).orders] == [order.code]
    assert isinstance(call("orders.get_order")("NOSUCH", client=client), told.Problem)
    stranger = client_of(generated, workshop, "bob")
    assert isinstance(call("orders.get_order")(order.code, client=stranger), told.Problem)
