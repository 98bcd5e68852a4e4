"""amqtt, mended, for a machine that has Python and nothing else.

Mends, held by tests (tests/bridges): amqtt 0.12.1 never enforces keep-alive, so that a Last Will does not fire when a
machine dies silently; it replays everybody's retained messages to whoever connects, past the access list; what waited
for a client that was away it calls retained, which is no news, and sends it after what comes now; and what a client has
not acknowledged after five seconds, or when it went away, it forgets. It touches the session of a client id before it
knows who asks, checks no Last Will, waits for ever for a first word, keeps the socket of whoever says none, and keeps
sessions whose password is gone. The names are private ones of amqtt, so the version is pinned exactly.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from typing import Any

from amqtt.broker import Broker as AmqttBroker
from amqtt.contexts import Action
from amqtt.errors import MQTTError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import OUTGOING, OutgoingApplicationMessage, Session

from craftops.bridges.broker.base import (
    HOME_ASSISTANT,
    HOME_ASSISTANT_READS,
    HOME_ASSISTANT_WRITES,
    OURS,
    SERVER,
    Broker,
    BrokerCredential,
    TlsListener,
)
from craftops.domain.machines.credentials import secret_matches
from craftops.errors import Unreachable
from craftops.sdk.machine import BrokerAddress
from craftops.sdk.mqtt_contract import PREFIX

START_WITHIN_S = 10.0
CONNECT_WITHIN_S = 10.0
"""For the first word of a connection; who is silent for longer holds no place."""
MOST_CONNECTIONS = 10_000
_sessions: dict[str, tuple[Session, Any]] = {}
"""By client id: the table of the broker of this process, amqtt's own."""
_table: dict[str, BrokerCredential] = {}
"""By user name. One embedded broker a process; amqtt makes its plugins itself, from their names."""
_background: set[asyncio.Task[Any]] = set()


class Credentials(BaseAuthPlugin):  # type: ignore[misc]
    """Signs in whoever has a credential; nobody else."""

    async def authenticate(self, *, session: Session) -> bool | None:
        known = _table.get(session.username or "")
        return known is not None and secret_matches(session.password or "", known.hashed)


def _may_write(name: str, topic: str) -> bool:
    """Whether ``name`` may publish to ``topic``, now or as its Last Will."""
    if name == SERVER:
        return topic.startswith(OURS)
    if name == HOME_ASSISTANT:
        return topic == HOME_ASSISTANT_WRITES
    own = _table.get(name)
    return topic.startswith(f"{PREFIX}/{name}/") or (own is not None and topic in own.writes)


class OwnTopicsOnly(BaseTopicPlugin):  # type: ignore[misc]
    """A machine writes below its own key and to its device's topics, and reads its own commands; CraftOps reads
    everything (whoever may write is sifted) and writes below its own prefixes."""

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool | None:
        name = session.username if session else None
        if not name or not topic or name not in _table:
            return False
        if action == Action.PUBLISH:
            return _may_write(name, topic)
        if name == SERVER:
            return True
        if name == HOME_ASSISTANT:
            return topic.startswith(tuple(pattern.removesuffix("#") for pattern in HOME_ASSISTANT_READS))
        return topic == f"{PREFIX}/{name}/cmd"


_init = BrokerProtocolHandler.init_from_connect.__func__


async def _signed_in(cls: Any, reader: Any, writer: Any, manager: Any, loop: Any = None) -> tuple[Any, Session]:
    """A connection's first word, judged before anything is done for it. Raises MQTTError when it is refused.

    Stands in the class of amqtt, which makes its handlers by name; other brokers of the process are left as they are.
    """
    if not isinstance(getattr(manager.context, "_broker_instance", None), _SafeBroker):
        return await _init(cls, reader, writer, manager, loop)  # type: ignore[no-any-return]
    try:
        handler, session = await asyncio.wait_for(
            _init(_ClientHandler, reader, writer, manager, loop), CONNECT_WITHIN_S
        )
    except TimeoutError as error:
        raise MQTTError("It said nothing.") from error
    except Exception:
        await writer.close()  # amqtt forgets to, where the peer went away or spoke something else
        raise
    if not _may_sign_in(session):
        await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
        raise MQTTError("It may not sign in.")
    return handler, session


BrokerProtocolHandler.init_from_connect = classmethod(_signed_in)


def _may_sign_in(session: Session) -> bool:
    """Its password, its Last Will, and a client id that is nobody else's: with it goes what waits for its session."""
    known = _table.get(session.username or "")
    if known is None or not secret_matches(session.password or "", known.hashed):
        return False
    if session.will_flag and not _may_write(known.username, session.will_topic or ""):
        return False
    held = _sessions.get(session.client_id or "")
    return held is None or held[0].username == session.username


class _ClientHandler(BrokerProtocolHandler):  # type: ignore[misc]
    """A connection of a client."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.gate = asyncio.Event()
        """Open when all that waited for the client is on its way, and what comes now may follow."""

    def handle_read_timeout(self) -> None:
        _in_background(self.handle_connection_closed())

    async def _handle_qos1_message_flow(self, message: Any) -> None:
        """What is not acknowledged stays with the session, however long, and goes out anew with its next one."""
        session = self.session
        if message.direction != OUTGOING or session is None or session.clean_session:
            await super()._handle_qos1_message_flow(message)
            return
        await self.gate.wait()
        await self.deliver(session, message)

    async def deliver(self, session: Session, message: Any) -> None:
        number, again = message.packet_id, message.publish_packet is not None
        session.inflight_out[number] = message
        if self._reader_task is None or self._reader_task.done():
            return  # this connection has ended
        waiter: asyncio.Future[Any] = asyncio.Future()
        self._puback_waiters[number] = waiter
        message.publish_packet = message.build_publish_packet(dup=again)
        try:
            await self._send_packet(message.publish_packet)
            message.puback_packet = await waiter
            session.inflight_out.pop(number, None)
        finally:
            self._puback_waiters.pop(number, None)

    async def _retry_deliveries(self) -> None:
        """What goes out again waits for its turn (``_publish_session_retained_messages``)."""
        outgoing, self.session.inflight_out = self.session.inflight_out, OrderedDict()
        try:
            await super()._retry_deliveries()
        finally:
            self.session.inflight_out = outgoing

    async def open_gate(self) -> None:
        self.gate.set()


def _in_background(work: Coroutine[Any, Any, Any]) -> None:
    task = asyncio.ensure_future(work)
    _background.add(task)
    task.add_done_callback(_ended)


def _ended(task: asyncio.Task[Any]) -> None:
    _background.discard(task)
    if not task.cancelled():
        task.exception()  # a client that is gone, and comes again


class _SafeBroker(AmqttBroker):  # type: ignore[misc]
    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        mine = self._subscriptions.get(subscription[0], [])
        if any(one.client_id == session.client_id for one, _ in mine):
            await super()._publish_retained_messages_for_subscription(subscription, session)

    async def _publish_session_retained_messages(self, session: Session) -> None:
        handler, waiting = self._get_handler(session), session.retained_messages
        if handler is None:
            return
        # Not waited for: the client acknowledges when it has stored them, and is to be heard meanwhile.
        while not waiting.empty():
            one, number = waiting.get_nowait(), session.next_packet_id
            session.inflight_out[number] = OutgoingApplicationMessage(number, one.topic, one.qos, one.data, False)
        for message in list(session.inflight_out.values()):
            _in_background(handler.deliver(session, message))
        _in_background(handler.open_gate())


def _put_out(names: set[str]) -> None:
    """End the sessions of these users, the sleeping ones too."""
    for client_id, (session, handler) in list(_sessions.items()):
        if session.username not in names:
            continue
        session.clean_session = True
        if session.transitions.is_connected():
            _in_background(handler.handle_connection_closed())
        else:
            _sessions.pop(client_id, None)


class EmbeddedBroker(Broker):
    """amqtt in a thread of this process."""

    kind = "embedded"
    limits = (
        "It speaks MQTT 3.1.1 only: set OctoPrint-MQTT's protocol to 3.1.1.",
        "It keeps retained messages in memory: after a restart machines must report again.",
        "Install mosquitto, and CraftOps uses that at its next start.",
    )

    def __init__(self, address: BrokerAddress, tls: TlsListener | None = None) -> None:
        self.address = address
        self.tls = tls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None
        self._up = threading.Event()
        self._fault = ""

    def start(self, credentials: Sequence[BrokerCredential]) -> None:
        self.reload(credentials)
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)
        self._thread.start()
        if not self._up.wait(START_WITHIN_S) or self._fault:
            raise Unreachable(f"The embedded broker did not start. {self._fault}".strip())

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - the border to a library: its failure is ours to tell
            self._fault = repr(error)
            self._up.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        broker = _SafeBroker(
            {
                "listeners": self._listeners(),
                "timeout_disconnect_delay": 2,
                "plugins": {
                    f"{__name__}.{Credentials.__name__}": {},
                    f"{__name__}.{OwnTopicsOnly.__name__}": {},
                },
            }
        )
        _sessions.clear()
        broker._sessions = _sessions
        await broker.start()
        self._up.set()
        await self._stop.wait()
        await broker.shutdown()

    def _listeners(self) -> dict[str, dict[str, Any]]:
        def listener(port: int) -> dict[str, Any]:
            bind = f"{self.address.host}:{port}"
            return {"type": "tcp", "bind": bind, "max_connections": MOST_CONNECTIONS}

        found = {"default": listener(self.address.port)}
        if self.tls is not None:
            files = {"certfile": str(self.tls.certificate), "keyfile": str(self.tls.key)}
            found["tls"] = {**listener(self.tls.port), "ssl": True, **files}
        return found

    def reload(self, credentials: Sequence[BrokerCredential]) -> None:
        fresh = {one.username: one for one in credentials}
        out = {name for name, one in _table.items() if name not in fresh or fresh[name].hashed != one.hashed}
        for gone in set(_table) - set(fresh):
            del _table[gone]
        _table.update(fresh)
        if out and self._loop is not None:
            self._loop.call_soon_threadsafe(_put_out, out)

    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None and self.alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join(5)
