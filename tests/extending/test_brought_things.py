"""What plugins bring, a carrier, a provider, a channel, a driver, breaks while the shop runs: its owner reads of it,
whichever process had it, and nothing else stands still for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from samples.linked import RunningBridge, soon
from samples.parcel_desk import open_for_shipping, rated_parcel, ready_to_ship
from samples.pay_site import PaySite

from craftops.domain.machines.readings import ProcessKind
from craftops.errors import NotUnderstood, Unreachable
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.carrier import Label, LabelRequest, Rate
from craftops.sdk.linked import DriverSession, Link, LinkedDriver
from craftops.sdk.machine import BrokerAddress, Command, MachineFacts, MqttDriver, Publication, Word
from craftops.sdk.notification import Notice, NotificationChannel
from craftops.sdk.settings import NoSettings
from craftops.services.billing import provider_events
from craftops.services.machines import registry
from craftops.services.shipping import rating
from craftops.services.shop.plugin_tallies import tallies, write_down
from craftops.store.database import connected, utcnow
from craftops.store.models import MachineRow, PluginTallyRow
from craftops.testing import Workshop
from craftops.testing.paper_carrier import PaperCarrier
from craftops.web.shop.present_plugins import failed_plugins

ERRORS = [OSError("gone"), SystemExit(3), NotUnderstood("It answered in verse.")]


class BrokenCarrier(PaperCarrier):
    name = "broken"
    title = "Broken Express"
    raised: ClassVar[BaseException | None] = None

    def rates(self, consignment: Any) -> tuple[Rate, ...]:
        if self.raised is None:
            return None  # type: ignore[return-value]
        raise self.raised

    def buy(self, request: LabelRequest) -> Label:
        raise OSError("gone")


class BrokenSite(PaySite):
    name = "broken_site"

    def changed_since(self, since: datetime) -> tuple[str, ...]:
        raise KeyError("data")


class BrokenChannel(NotificationChannel):
    name = "broken_post"
    reaches_person = True
    ready = True

    def send(self, notice: Notice) -> str | None:
        raise SystemExit(4)


class BrokenLink(Link):
    def follow(self, session: DriverSession) -> None:
        raise SystemExit(5)


class BrokenLinked(LinkedDriver):
    name: ClassVar[str] = "broken_linked"
    title: ClassVar[str] = "Broken"
    summary: ClassVar[str] = "Ends its thread."

    def connect(self, machine: MachineFacts) -> Link:
        return BrokenLink()

    def run_beside(self, machine: MachineFacts, broker: BrokerAddress) -> Callable[[threading.Event], None] | None:
        raise ValueError("no such device")


class BrokenMqtt(MqttDriver):
    name: ClassVar[str] = "broken_mqtt"
    title: ClassVar[str] = "Broken"
    summary: ClassVar[str] = "Raises whenever it is asked."
    counts_time: ClassVar[bool] = True

    def topics(self, machine: MachineFacts) -> tuple[str, ...]:
        raise SystemExit(6)

    def read(self, machine: MachineFacts, topic: str, payload: bytes, **more: Any) -> Word | None:
        raise SystemExit(7)

    def look(self, machine: MachineFacts, last: Any, now: datetime) -> Word | None:
        raise ZeroDivisionError

    def command(self, machine: MachineFacts, command: Command) -> Publication | None:
        raise OSError


class Breaking(Plugin[NoSettings]):
    name = "breaking"
    title = "Breaking"
    summary = "Brings what does not work."

    @hookimpl
    def register_carriers(self) -> list[PaperCarrier]:
        return [BrokenCarrier()]

    @hookimpl
    def register_payment_providers(self) -> list[PaySite]:
        return [BrokenSite()]

    @hookimpl
    def register_notification_channels(self) -> list[NotificationChannel]:
        return [BrokenChannel()]

    @hookimpl
    def register_machine_drivers(self) -> list[Any]:
        return [BrokenLinked(), BrokenMqtt()]


@pytest.fixture
def shop(plug_in: Callable[..., Workshop]) -> Workshop:
    return plug_in(Breaking)


def told(shop: Workshop) -> dict[str, str]:
    """Where it failed -> what is told of it, once whoever had it has written it down."""
    write_down(shop.shop.plugins, "worker", utcnow())
    return {row.hook: row.last_error for row in PluginTallyRow.select() if row.failures and row.plugin == "breaking"}


@pytest.mark.parametrize("error", [*ERRORS, None])
def test_a_carrier_that_breaks_is_counted_and_the_others_say_their_price(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, error: BaseException | None
) -> None:
    monkeypatch.setattr(BrokenCarrier, "raised", error)
    open_for_shipping(shop)
    offers = rating.offers_of(rated_parcel(shop, ready_to_ship(shop)))
    assert not offers.asking
    assert {offer.carrier for offer in offers.offers} >= {"paper"}
    assert [title for title, _ in offers.faults] == ["Broken Express"]
    assert "carrier broken: rates" in told(shop)


def test_words_that_the_sdk_has_for_a_bad_day_are_no_failure(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BrokenCarrier, "raised", Unreachable("Nobody answers."))
    open_for_shipping(shop)
    rated_parcel(shop, ready_to_ship(shop))
    assert [where for where in told(shop) if where.startswith("carrier")] == []


def test_a_provider_that_breaks_is_counted_and_the_others_are_compared(shop: Workshop) -> None:
    site = PaySite()
    shop.shop.plugins.payment_providers[site.name] = site
    asked: list[datetime] = []
    site.changed_since = lambda since: asked.append(since) or ()  # type: ignore[method-assign,func-returns-value]
    with pytest.raises(NotUnderstood):
        provider_events.reconcile(shop.shop, at=utcnow())
    assert asked, "the other one, too"
    assert told(shop) == {"payment provider broken_site: changed_since": "KeyError: 'data'."}


def test_a_channel_that_ends_its_process_ends_no_worker(shop: Workshop) -> None:
    shop.accept(shop.place("ada"))
    shop.run_due()
    assert told(shop) == {"notification channel broken_post: send": "it ended the process (sys.exit(4))."}
    assert failed_plugins(shop.shop) == ("Breaking",)


def test_what_is_handed_out_counts_where_its_process_writes_down_after_new_settings(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BrokenCarrier, "raised", OSError("gone"))
    host = shop.shop.plugins
    host.become(shop.shop.kept.start({}))
    with pytest.raises(OSError, match="gone"):
        host.carriers["broken"].rates(None)  # type: ignore[arg-type]
    assert [row.hook for row in tallies(host)["breaking"]] == ["carrier broken: rates"]


def test_a_bridge_whose_drivers_break_begins_hears_the_others_and_tells(shop: Workshop) -> None:
    """Its first look stood outside of everything: a driver that raised there was the end of the process."""
    for key, driver, given in (
        ("linked", "broken_linked", {"address": "http://127.0.0.1:9"}),
        ("mqtt", "broken_mqtt", {}),
    ):
        registry.add_machine(
            shop.shop, key=key, name=key, driver=driver, process=ProcessKind.FDM, given=given,
            actor=shop.actor("sam"), at=utcnow(),
        )  # fmt: skip
    shop.machine("printer-1")
    bridge = RunningBridge(shop)
    where = {
        "machine driver broken_linked: follow",
        "machine driver broken_linked: run_beside",
        "machine driver broken_mqtt: look",
        "machine driver broken_mqtt: topics",
    }
    try:
        soon(shop, lambda: where <= set(told(shop)))
        soon(shop, lambda: MachineRow.get(MachineRow.key == "linked").link_state == "waiting")
        assert "printer-1" in bridge.bridge.link._machines
        beside = [row for row in PluginTallyRow.select() if row.hook.endswith("run_beside")]
        assert [row.failures for row in beside] == [1], "not made anew each second"
    finally:
        bridge.stop()


def test_a_message_that_ends_the_reader_is_one_message(shop: Workshop) -> None:
    registry.add_machine(
        shop.shop, key="mqtt", name="mqtt", driver="broken_mqtt", process=ProcessKind.FDM, given={},
        actor=shop.actor("sam"), at=utcnow(),
    )  # fmt: skip
    from craftops.bridges.acknowledgements import Message

    bridge = RunningBridge(shop)
    try:
        link = bridge.bridge.link
        soon(shop, lambda: "mqtt" in link._machines)
        came = Message("craftops/v1/mqtt/reading", b"{}", False, utcnow() + timedelta(0), 0, 0)
        with connected():
            assert list(link._read("mqtt", came)) == []
        assert told(shop)["machine driver broken_mqtt: read"] == "it ended the process (sys.exit(7))."
    finally:
        bridge.stop()
