"""The one connection to the broker, for all machines that speak over it.

paho's thread only puts messages on a queue; a consumer of ours reads them. A callback that raised would kill
paho's network thread while ``is_connected()`` stays true, so nothing is done there.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from queue import Empty, Full, Queue
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from craftops.bridges.acknowledgements import AcknowledgementTracker, Message
from craftops.bridges.drivers import Broke, forgotten
from craftops.bridges.patience import StorePatience
from craftops.errors import Unreachable
from craftops.plugin_host.calls import RAISED
from craftops.sdk.machine import BrokerAddress, MachineFacts, MqttDriver, Publication, Rejected, Word

log = logging.getLogger("craftops.bridge")
QUEUE_LENGTH = 100_000
MESSAGES_PER_SECOND = 20
BURST = 120
SLACK = 1.5
"""Messages that waited somewhere come faster than they were sent: a stop of two seconds is nobody's fault."""
BACKLOG_S = 10.0
"""After a sign-in, or when the database was away, nobody is too fast for so long: what waited comes all at once."""
COMPLAIN_EVERY_S = 60.0
PUBLISH_WITHIN_S = 5.0
MOST_AT_ONCE = 5000
CROWD_A_SECOND = 500
CROWD_OVER_S = 0.5
GATHER_S = 0.25
"""Above so many messages a second, what machines say is gathered for so long and committed together: of several
readings of one machine that only go on, one is written then."""
OnWords = Callable[[Sequence[tuple[str, Word]]], None]


class _Crowd:
    """Whether so many messages come that they are better taken in together, a few times a second."""

    def __init__(self) -> None:
        self.is_there = False
        self._count = 0
        self._since = 0.0

    def count(self, messages: int, now: float) -> None:
        """So many have come, up to ``now`` (seconds of a clock that only goes on)."""
        self._count += messages
        lasted = now - self._since
        if lasted >= CROWD_OVER_S:
            self.is_there = self._count > CROWD_A_SECOND * lasted
            self._count, self._since = 0, now


class BrokerLink:
    """Hears every machine, says what the bridge has to say. ``on_words`` is called in the link's own thread.

    ``client_id`` is a secret: whoever signs in with it takes the session over, and what waits for it.
    """

    def __init__(
        self,
        address: BrokerAddress,
        username: str,
        password: str,
        on_words: OnWords,
        client_id: str,
        broke: Broke = forgotten,
    ) -> None:
        self._broke = broke
        self.address = address
        self.on_words = on_words
        self.refusal = ""
        """Why the broker does not let us in, as a sentence, or empty."""
        self.counters: Counter[str] = Counter()
        self._queue: Queue[Message] = Queue(QUEUE_LENGTH)
        self._receipts = AcknowledgementTracker(self._acknowledge)
        self._machines: dict[str, tuple[MachineFacts, MqttDriver]] = {}
        self._topics: dict[str, str] = {}
        self._held: dict[str, Message] = {}
        self._heard: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=BURST))
        self._told_fast: dict[str, float] = {}
        self._crowd = _Crowd()
        self._stop = threading.Event()
        self._patience = StorePatience(self._stop)
        self._overflowed = False
        self._consumer = threading.Thread(target=self._consume, name="bridge-reader", daemon=True)
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True)
        client.username_pw_set(username, password)
        if address.tls:
            client.tls_set()
        client.suppress_exceptions = True
        client.reconnect_delay_set(1, 15)
        client.on_connect = self._connected
        client.on_message = self._received
        self._client = client
        self.sessions = 0
        """How often the broker has let us in."""
        self._backlog_at = -BACKLOG_S

    def leave_will(self, topic: str, payload: bytes) -> None:
        """What the broker is to say, retained, when we are gone without a goodbye; before ``start``."""
        self._client.will_set(topic, payload, qos=1, retain=True)

    @property
    def connected(self) -> bool:
        return self._client.is_connected()

    @property
    def waits(self) -> int:
        """How often the database was away for something that was heard."""
        return self._patience.waits

    def start(self) -> None:
        """Begin, whether the broker is there yet or not; it reconnects by itself for ever."""
        self._client.connect_async(self.address.host, self.address.port, keepalive=20)
        self._client.loop_start()
        self._consumer.start()

    def stop(self) -> None:
        """Read what is on the queue, then leave: what comes meanwhile, and what cannot be stored now, is for whoever
        comes next."""
        self._stop.set()
        if self._consumer.is_alive():
            self._consumer.join(10)
        there = self._client.is_connected()
        self._client.disconnect()
        if there:
            self._client.loop_stop()
        else:  # it rests between two tries for up to a second, and nobody need wait for that
            threading.Thread(target=self._client.loop_stop, name="bridge-link-end", daemon=True).start()

    def set_machines(self, machines: Mapping[str, tuple[MachineFacts, MqttDriver]]) -> None:
        """Whom to listen to from now on."""
        topics = {
            topic: key for key, (facts, driver) in machines.items() for topic in self._topics_of(key, facts, driver)
        }
        gone = set(self._topics) - set(topics)
        fresh = set(topics) - set(self._topics)
        self._machines, self._topics = dict(machines), topics
        if self.connected:
            if gone:
                self._client.unsubscribe(sorted(gone))
            if fresh:
                self._client.subscribe([(topic, 1) for topic in sorted(fresh)])

    def _topics_of(self, key: str, facts: MachineFacts, driver: MqttDriver) -> list[str]:
        """What this machine is heard on; nothing where its driver, which anybody may have written, does not say."""
        try:
            return list(driver.topics(facts))
        except RAISED as error:
            log.exception("the driver of %s does not say where it is heard; the other machines are", key)
            self._broke(driver, "topics", error)
            return []

    def publish(self, publication: Publication) -> None:
        """Say something; returns when the broker has it. Raises Unreachable."""
        if not self.connected:
            raise Unreachable("The MQTT broker cannot be reached.")
        info = self._client.publish(
            publication.topic, publication.payload, qos=publication.qos, retain=publication.retain
        )
        try:
            info.wait_for_publish(PUBLISH_WITHIN_S)
        except (ValueError, RuntimeError) as error:
            raise Unreachable(f"The MQTT broker did not take a command: {error}") from error
        if not info.is_published():
            raise Unreachable("The MQTT broker did not confirm a command in time.")

    def _connected(self, client: mqtt.Client, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.refusal = f"The MQTT broker does not let CraftOps in: {code}."
            log.error(self.refusal)
            return
        self.refusal = ""
        self.sessions += 1
        self._backlog_at = time.monotonic()
        if topics := sorted(self._topics):
            client.subscribe([(topic, 1) for topic in topics])

    def _received(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        number = message.mid if message.qos else 0
        now = datetime.now(UTC)
        heard = Message(message.topic, bytes(message.payload), message.retain, now, number, self.sessions)
        if self._stop.is_set() or not self._receipts.take(heard, again=message.dup):
            return
        try:
            self._queue.put_nowait(heard)
        except Full:
            self.counters["dropped"] += 1
            self._overflowed |= bool(number)
            self._receipts.forget(heard)

    def _acknowledge(self, number: int) -> None:
        self._client.ack(number, 1)

    def _consume(self) -> None:
        while not (self._stop.is_set() and self._queue.empty()):
            try:
                message = self._queue.get(timeout=0.2)
            except Empty:
                self._release_held()
                self._ask_again()
                continue
            if self._crowd.is_there:
                self._stop.wait(GATHER_S)
            together = [message, *self._waiting()]
            self._crowd.count(len(together), time.monotonic())
            if not self._tell([word for one in together for word in self._handle(one)]):
                return
            self._receipts.give(together, self.sessions)

    def _ask_again(self) -> None:
        """What came while nothing more could be held, the broker says again over a new connection."""
        connection = self._client.socket()
        if self._overflowed and isinstance(connection, socket.socket):
            self._overflowed = False
            with contextlib.suppress(OSError):  # it has gone by itself
                connection.shutdown(socket.SHUT_RDWR)

    def _waiting(self) -> Iterator[Message]:
        """What has come in meanwhile: nothing while machines are quiet, much at once when they are not."""
        for _ in range(MOST_AT_ONCE - 1):
            try:
                yield self._queue.get_nowait()
            except Empty:
                return

    def _tell(self, words: Sequence[tuple[str, Word]]) -> bool:
        """Hand words on; where together they cannot be taken in, one by one, so that one bad word costs itself. While
        the database is away they wait for it; whether they need not come again."""
        if not words:
            return True
        waits = self._patience.waits
        try:
            return self._patience.store(words[0][0], lambda: self.on_words(words))
        except Exception:
            log.exception("%s words could not be taken in", len(words))
            if len(words) == 1:
                self.counters["failed"] += 1
                return True
            return all(self._tell([word]) for word in words)
        finally:
            if self._patience.waits != waits:
                self._backlog_at = time.monotonic()

    def _handle(self, message: Message) -> Iterator[tuple[str, Word]]:
        key = self._topics.get(message.topic)
        if key is None:
            return
        self.counters["heard"] += 1
        if self._too_fast(key, message):
            self._held[message.topic] = message
            yield from self._complaint(key, message)
            return
        self._held.pop(message.topic, None)
        yield from self._read(key, message)

    def _read(self, key: str, message: Message) -> Iterator[tuple[str, Word]]:
        facts, driver = self._machines[key]
        try:
            word = driver.read(facts, message.topic, message.payload, retained=message.retained, received_at=message.at)
        except RAISED as error:
            self.counters["failed"] += 1
            log.exception("a message on %s could not be read", message.topic)
            self._broke(driver, "read", error)
            return
        if word is not None:
            yield key, word

    def _too_fast(self, key: str, message: Message) -> bool:
        """Many more than 20 a second, over 120 of them: the newest is kept and read when the flood ebbs."""
        now = message.at.timestamp()
        times = self._heard[key]
        if time.monotonic() - self._backlog_at < BACKLOG_S:
            return False
        if len(times) == BURST and now - times[0] < BURST / (SLACK * MESSAGES_PER_SECOND):
            self.counters["too_fast"] += 1
            return True
        times.append(now)
        return False

    def _complaint(self, key: str, message: Message) -> Iterator[tuple[str, Word]]:
        """Once a minute at most."""
        now = message.at.timestamp()
        if now - self._told_fast.get(key, 0.0) >= COMPLAIN_EVERY_S:
            self._told_fast[key] = now
            sentence = f"More than {MESSAGES_PER_SECOND} messages a second; only the newest are read."
            yield key, Rejected("too_fast", sentence, message.at)

    def _release_held(self) -> None:
        for topic, message in list(self._held.items()):
            del self._held[topic]
            if key := self._topics.get(topic):
                self._tell(list(self._read(key, message)))
