"""What the broker may forget, what comes again, and who is too fast."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from craftops_machines.mqtt import ContractDriver

from craftops.bridges import broker_link as links
from craftops.bridges.acknowledgements import AcknowledgementTracker, Message
from craftops.bridges.broker_link import BrokerLink
from craftops.domain.machines.readings import ProcessKind, Reading
from craftops.sdk.machine import BrokerAddress, MachineFacts
from craftops.store.database import utcnow

TOPIC = "craftops/v1/printer-1/status"


def message(payload: bytes, number: int = 1, session: int = 1) -> Message:
    return Message(TOPIC, payload, False, utcnow(), number, session)


@pytest.fixture
def told() -> list[int]:
    return []


@pytest.fixture
def receipts(told: list[int]) -> AcknowledgementTracker:
    return AcknowledgementTracker(told.append)


def test_the_broker_is_told_when_it_is_stored_and_not_before(receipts: AcknowledgementTracker, told: list[int]) -> None:
    one = message(b"a", 7)
    assert receipts.take(one, again=False)
    assert told == []
    receipts.give([one], 1)
    assert told == [7]
    nothing = message(b"b", 0)
    assert receipts.take(nothing, again=False)
    receipts.give([nothing], 1)
    assert told == [7], "quality of service 0 wants no receipt"


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_comes_again_over_a_new_connection_is_stored_once(
    receipts: AcknowledgementTracker, told: list[int], when: str
) -> None:
    one = message(b"a")
    assert receipts.take(one, again=False)
    if when == "before":
        receipts.give([one], 2)
        assert told == [], "that connection is gone: the receipt would be for another message"
    assert not receipts.take(message(b"a", session=2), again=True)
    if when == "after":
        receipts.give([one], 2)
    assert told == [1]


def test_another_message_under_an_old_number_is_another(receipts: AcknowledgementTracker, told: list[int]) -> None:
    assert receipts.take(message(b"a"), again=False)
    other = message(b"b", session=2)
    assert receipts.take(other, again=True)
    receipts.give([other], 2)
    assert told == [1]
    assert receipts.take(message(b"a", session=3), again=True), "a new bridge, or one that has forgotten, stores it"


def test_a_backlog_is_read_whole_and_a_flood_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    link = BrokerLink(BrokerAddress("127.0.0.1", 9), "x", "x", lambda words: None, "x")
    link.set_machines({"printer-1": (MachineFacts("printer-1", "P", ProcessKind.FDM, 30.0), ContractDriver())})
    began = utcnow()

    def heard(count: int) -> int:
        said = [orjson.dumps({"v": 1, "state": "running", "seq": number}) for number in range(count)]
        words = [word for number, one in enumerate(said)
                 for word in link._handle(Message(TOPIC, one, False, began + timedelta(milliseconds=number)))]  # fmt: skip
        return sum(isinstance(word, Reading) for _, word in words)

    assert heard(200) == links.BURST
    link._backlog_at = links.time.monotonic()
    assert heard(200) == 200
