"""Many labels at once at a carrier's API, the worker killed at each tenth: each of them is bought once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from samples.parcel_desk import ADA, SHOP

from craftops.domain.orders.order import Delivery, new_code
from craftops.domain.shipping.settings import ShippingSettings
from craftops.services.orders import delivering
from craftops.services.shipping import labels
from craftops.services.shipping.settings import save_shipping
from craftops.store.database import connected, utcnow
from craftops.store.models import LabelRow, OrderLineRow, OrderRow, ParcelRow, WorkRow
from craftops.testing import Workshop
from craftops.testing.easypost import SECRET, TEST_KEY, LocalEasyPost

pytestmark = pytest.mark.faults
ALL, EACH = (100, 10) if os.environ.get("CI") else (30, 10)
"""Labels, and after how many the worker is killed; CI walks all of the hundred."""
PATIENCE_S = 90.0
TOML = """
[plugins]
enabled = ["theme_workshop", "analyzer_mesh", "notify_email", "carrier_easypost"]

[plugin.carrier_easypost]
api_key = "{key}"
webhook_secret = "{secret}"
api_base = "{address}"
"""


@pytest.fixture
def post() -> Iterator[LocalEasyPost]:
    with LocalEasyPost() as local:
        yield local


def parcels(workshop: Workshop, count: int) -> list[int]:
    """Packed parcels with an offer each, of orders that are written straight into the store."""
    at, made = utcnow(), []
    offer = {
        "carrier": "easypost", "carrier_title": "EasyPost", "service": "DPD/DPDCLASSIC", "title": "DPD", "minor": 690,
        "currency": "EUR", "days": 2, "ref": "", "test": True,
    }  # fmt: skip
    for _ in range(count):
        order = OrderRow.create(
            code=new_code(), customer=workshop.people["ada"], title="Bracket", stage="ready_to_ship", stage_since=at,
            delivery=Delivery.SHIPPING.value, placed_at=at,
        )  # fmt: skip
        line = OrderLineRow.create(order=order, position=0, title="bracket", quantity=1, material="pla")
        delivering.write_address(order, ADA, by="ada", at=at)
        row = ParcelRow.create(
            order=order, position=1, code=f"P{order.code}", state="packed", state_since=at, contents=[[line.id, 1]],
            weight_g=300, length_mm=190, width_mm=140, height_mm=95, rates={"offers": [offer], "faults": []},
            rated_at=at, created_at=at,
        )  # fmt: skip
        made.append(row.id)
    return made


class Worker:
    """The worker process of a shop, as the supervisor starts it."""

    def __init__(self, workshop: Workshop) -> None:
        command = [sys.executable, "-m", "craftops.cli", "--data", str(workshop.shop.config.data), "worker"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)


def until(true: Callable[[], bool], what: str) -> None:
    deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while time.monotonic() < deadline:
        if true():
            return
        pause.wait(0.01)
    raise AssertionError(f"{what} did not happen in {PATIENCE_S:g} s")


def bought(post: LocalEasyPost) -> int:
    """Labels that the carrier has sold, by its own books."""
    return len(post.control.all_bought())


@pytest.mark.ci
def test_labels_of_one_click_are_bought_once_each_whatever_is_killed(
    make_workshop: Callable[..., Workshop], post: LocalEasyPost
) -> None:
    workshop = make_workshop(TOML.format(key=TEST_KEY, secret=SECRET, address=post.address))
    workshop.open(workshop.shop.profile())
    with connected():
        save_shipping(workshop.shop, ShippingSettings(sender=SHOP), actor=workshop.actor("olga"), at=utcnow())
        ids = parcels(workshop, ALL)
        sam = workshop.actor("sam")
        assert labels.order_cheapest(workshop.shop, ids, actor=sam, at=utcnow(), batch="monday") == {}
        assert labels.order_cheapest(workshop.shop, ids, actor=sam, at=utcnow(), batch="monday") == {}
    running = Worker(workshop)
    try:
        for goal in range(EACH, ALL, EACH):
            until(lambda goal=goal: bought(post) >= goal, f"label {goal}")
            running.kill()
            with connected():  # what it had in hand is free again, as it is two minutes later
                WorkRow.update(lease_until=utcnow() - timedelta(seconds=1)).where(
                    WorkRow.lease_until.is_null(False)
                ).execute()
            running = Worker(workshop)

        def all_known() -> bool:
            with connected():
                return LabelRow.select().where(LabelRow.state == "bought").count() == ALL

        until(all_known, "the last label")
    finally:
        running.kill()
    assert bought(post) == ALL
    with connected():
        assert len({row.number for row in ParcelRow.select()}) == ALL
        assert LabelRow.select().count() == ALL
        assert {row.state for row in ParcelRow.select()} == {"labelled"}
