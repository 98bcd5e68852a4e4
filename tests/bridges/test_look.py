"""What a look of the bridge costs."""

from __future__ import annotations

from samples.linked import RunningBridge
from samples.queries import sent_by

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
