"""A command that waited for too long, or is about what is no more, is answered and never passed on, whatever the driver."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from samples.brokers import BrokeredShop
from samples.linked import soon

from craftops.domain.machines.commands import NO_JOB, STOPPED, TOO_LATE, why_void
from craftops.domain.orders.workflow import Stage
from craftops.sdk.machine import CommandKind
from craftops.services.machines import commands
from craftops.services.orders import ordering
from craftops.services.production import queueing
from craftops.store.database import utcnow
from craftops.store.models import MachineCommandRow
from craftops.store.queries import bridge
from craftops.store.views.machines import OpenCommand
from craftops.testing import Workshop


def wanted(command_id: int) -> OpenCommand:
    found = bridge.command(command_id)
    assert found is not None
    return found


def asked(workshop: Workshop) -> MachineCommandRow:
    commands.command(workshop.shop, "printer-1", CommandKind.START, actor=workshop.actor("sam"), at=utcnow())
    return MachineCommandRow.get()


def test_one_that_is_nine_hours_old_or_of_a_cancelled_order_is_void(workshop: Workshop) -> None:
    workshop.machine("printer-1", "simulated")
    order = workshop.place("ada")
    job = workshop.accept(order, "printer-1")
    row = asked(workshop)
    assert commands.why_void(wanted(row.id), utcnow()) == ""
    assert commands.why_void(wanted(row.id), utcnow() + timedelta(hours=9)) == TOO_LATE
    queueing.unqueue_job(workshop.shop, job.id, actor=workshop.actor("sam"), at=utcnow())
    assert commands.why_void(wanted(row.id), utcnow()) == NO_JOB
    ordering.move(workshop.shop, order.code, Stage.CANCELLED, actor=workshop.actor("sam"), at=utcnow(), note="x")
    assert commands.why_void(wanted(row.id), utcnow()) == STOPPED
    assert not commands.begin_command(row.id, utcnow())
    kept = MachineCommandRow.get()
    assert (kept.state, kept.error) == ("refused", STOPPED)


@pytest.mark.parametrize("starts", [True, False])
def test_what_is_fresh_and_fits_is_passed_on(starts: bool) -> None:
    now = utcnow()
    assert why_void(starts=starts, asked_at=now, job_fits=True, order_goes_on=starts, now=now) == ""
    assert why_void(starts=starts, asked_at=now, job_fits=False, order_goes_on=True, now=now) != ""


@pytest.fixture
def shop(workshop: Workshop, tmp_path: Path) -> Iterator[BrokeredShop]:
    workshop.machine("printer-1", "simulated")
    shop = BrokeredShop(workshop, "embedded", tmp_path / "broker")
    yield shop
    shop.close()


@pytest.mark.broker
def test_a_start_that_waited_while_the_bridge_was_away_is_not_passed_on(shop: BrokeredShop) -> None:
    """The bridge goes before there is work: while it runs, it gives an idle machine its next job by itself."""
    workshop = shop.workshop
    shop.stop_bridge()
    workshop.accept(workshop.place("ada"), "printer-1")
    with time_machine.travel(utcnow() - timedelta(hours=9), tick=True):
        waited = asked(workshop).id
    shop.start_bridge()
    soon(workshop, lambda: MachineCommandRow.get_by_id(waited).state == "refused")
    assert MachineCommandRow.get_by_id(waited).error == TOO_LATE
