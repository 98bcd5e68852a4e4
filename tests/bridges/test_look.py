"""What a look of the bridge costs."""

from __future__ import annotations

from typing import Any

import pytest
from samples.linked import RunningBridge
from samples.queries import sent_by

from craftops.bridges.broker_link import BrokerLink
from craftops.sdk.machine import MachineFacts
from craftops.testing import Workshop


def test_a_look_reads_the_machines_once(workshop: Workshop) -> None:
    """Whatever it finds in them; only who has been gone for a while is asked for apart."""
    for number in range(3):
        workshop.machine(f"printer-{number}")
    bridge = RunningBridge(workshop)
    bridge.stop()
    said = [one for one in sent_by(bridge.bridge.look) if 'FROM "machine"' in one]
    whole = [one for one in said if "offline_since" not in one.partition("WHERE")[2]]
    assert len(whole) == 1, whole


def test_a_driver_that_does_not_say_where_it_is_heard_silences_nobody_else(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    workshop.machine("printer-1")
    workshop.machine("printer-2")
    kind = type(workshop.shop.plugins.machine_drivers["mqtt"])
    real = kind.topics

    def topics(self: Any, machine: MachineFacts) -> Any:
        if machine.key == "printer-1":
            raise RuntimeError("its author thought of another machine")
        return real(self, machine)

    monkeypatch.setattr(kind, "topics", topics)
    heard: list[set[str]] = []
    monkeypatch.setattr(BrokerLink, "set_machines", lambda link, machines: heard.append(_heard(link, machines)))
    bridge = RunningBridge(workshop)
    bridge.stop()
    assert set(heard[-1]) == {"printer-2"}
    assert "the driver of printer-1 does not say where it is heard" in caplog.text


SET_MACHINES = BrokerLink.set_machines


def _heard(link: BrokerLink, machines: Any) -> Any:
    SET_MACHINES(link, machines)
    return set(link._topics.values())
