"""A program follows parcels and sends orders elsewhere, within its scopes and its owner's orders."""

from __future__ import annotations

import pytest
from samples.parcel_desk import open_for_shipping, rated_parcel, ready_to_ship

from craftops.domain.people.access import Scope
from craftops.services.people import accounts
from craftops.services.shipping import labels
from craftops.store.database import utcnow
from craftops.testing import Workshop
from craftops.testing.paper_carrier import PaperCarrier

ELSEWHERE = {"name": "Ada", "line1": "Bahnhofstrasse 1", "postcode": "8001", "city": "Zürich", "country": "CH"}


@pytest.fixture
def carrier(workshop: Workshop) -> PaperCarrier:
    return open_for_shipping(workshop)


def token(workshop: Workshop, who: str) -> dict[str, str]:
    scopes = frozenset({Scope.ORDERS_READ, Scope.ORDERS_WRITE})
    secret = accounts.create_token("test", scopes, customer=workshop.people[who], at=utcnow())
    return {"Authorization": f"Bearer {secret}"}


def test_the_address_changes_until_the_label(workshop: Workshop, carrier: PaperCarrier) -> None:
    order, client = ready_to_ship(workshop), workshop.app.test_client()
    path, mine = f"/api/v1/orders/{order.code}", token(workshop, "ada")
    assert client.get(f"{path}/delivery", headers=mine).json["address"]["city"] == "Berlin"
    assert client.put(f"{path}/address", json=ELSEWHERE, headers=token(workshop, "bob")).status_code == 404
    assert client.put(f"{path}/address", json={**ELSEWHERE, "postcode": "8"}, headers=mine).status_code == 422
    assert client.put(f"{path}/address", json=ELSEWHERE, headers=mine).json["address"]["city"] == "Zürich"


def test_a_parcel_is_seen_with_its_number(workshop: Workshop, carrier: PaperCarrier) -> None:
    order, client = ready_to_ship(workshop), workshop.app.test_client()
    parcel = rated_parcel(workshop, order)
    path, mine = f"/api/v1/orders/{order.code}", token(workshop, "ada")
    assert client.get(f"{path}/delivery", headers=mine).json["parcels"] == []
    labels.order_label(workshop.shop, parcel.id, "paper", "standard", actor=workshop.actor("sam"), at=utcnow())
    workshop.run_due()
    (seen,) = client.get(f"{path}/delivery", headers=mine).json["parcels"]
    assert (seen["number"], seen["state"]) == ("PX0000000001", "labelled")
    assert client.put(f"{path}/address", json=ELSEWHERE, headers=mine).status_code == 409
    assert client.get(f"{path}/delivery", headers=token(workshop, "bob")).status_code == 404
