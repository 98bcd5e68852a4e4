"""What a machine shows at its first call is kept: in the store, in the next try, and until staff empty it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from samples.linked import RunningBridge, ScriptedDriver, ScriptedLink, add, report, soon

from craftops.errors import Unreachable
from craftops.sdk.fields import LinkField
from craftops.sdk.linked import ADDRESS, API_KEY, DriverSession
from craftops.services.machines import linking
from craftops.store.database import close_database, utcnow
from craftops.testing import Workshop

PIN = LinkField("fingerprint", "Certificate", needed=False)


@pytest.fixture
def driver(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> ScriptedDriver:
    monkeypatch.setattr(ScriptedDriver, "fields", (ADDRESS, API_KEY, PIN))
    made = ScriptedDriver()
    workshop.shop.plugins.machine_drivers[made.name] = made
    return made


@pytest.fixture
def bridge(workshop: Workshop, driver: ScriptedDriver) -> Iterator[RunningBridge]:
    running = RunningBridge(workshop)
    yield running
    running.stop()
    close_database()


def pins(driver: ScriptedDriver) -> list[str]:
    return [facts.settings.get("fingerprint", "") for facts in driver.followed]


def change(workshop: Workshop, **given: str) -> None:
    known = {"address": "http://127.0.0.1:9", "fingerprint": "first", **given}
    linking.change_link(workshop.shop, "printer-1", known, None, actor=workshop.actor("sam"), at=utcnow())


def test_it_is_kept_without_a_second_connection_and_forgotten_by_staff_alone(
    workshop: Workshop, driver: ScriptedDriver, bridge: RunningBridge
) -> None:
    shown = ["first"]

    def follow(link: ScriptedLink, session: DriverSession) -> None:
        session.learn("fingerprint", shown[0])
        session.learn("nonsense", "x")
        session.learn("api_key", "x")
        report(link, session)

    driver.follow["printer-1"] = follow
    add(workshop)
    soon(workshop, lambda: (workshop.machine_row("printer-1").settings or {}).get("fingerprint") == "first")
    learnt_at = utcnow()
    soon(workshop, lambda: (heard := workshop.machine_row("printer-1").heard_at) and heard > learnt_at)
    assert pins(driver) == [""], "what was learnt is no reason to call anew"
    assert set(workshop.machine_row("printer-1").settings or {}) == {"fingerprint"}
    shown[0] = "second"
    change(workshop, address="http://127.0.0.1:19", api_key="another")
    soon(workshop, lambda: len(driver.followed) == 2)
    assert pins(driver)[-1] == "first", "what stands there already stays"
    assert (workshop.machine_row("printer-1").settings or {})["fingerprint"] == "first"
    change(workshop, address="http://127.0.0.1:19", fingerprint="")
    soon(workshop, lambda: (workshop.machine_row("printer-1").settings or {}).get("fingerprint") == "second")
    assert pins(driver) == ["", "first", ""]


def test_a_line_that_breaks_before_the_store_knows_is_called_with_it(
    workshop: Workshop, driver: ScriptedDriver, bridge: RunningBridge
) -> None:
    def follow(link: ScriptedLink, session: DriverSession) -> None:
        session.learn("fingerprint", "first")
        if len(driver.followed) < 3:
            raise Unreachable("It hung up.")
        report(link, session)

    driver.follow["printer-1"] = follow
    add(workshop)
    soon(workshop, lambda: workshop.machine_row("printer-1").link_state == "connected")
    assert pins(driver) == ["", "first", "first"]
