"""What the owner keeps in the browser, as one process knows it: read once, and again when somebody has changed it.

``shop.toml`` is the seed. From the first change in the browser on, a topic is what stands in the database and the file
does not count for it any more, until the owner gives it back to the file.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from craftops.errors import CraftOpsError
from craftops.plugin_host.host import PluginHost
from craftops.store.queries import settings as queries
from craftops.store.queries.settings import StoredSettings
from craftops.store.sealing import Sealer

log = logging.getLogger("craftops.settings")
T = TypeVar("T")
FRESH_S = 1.0
"""So long a process may act by what was changed elsewhere; pages never do."""
PLUGIN = "plugin."
Start = Callable[[Mapping[str, Mapping[str, Any]]], PluginHost]
"""Starts the enabled plugins with these settings of the browser. Raises ConfigError, PluginError."""


@dataclass
class KeptSettings:
    """The newest version of each topic. Any thread may ask."""

    start: Start | None = None
    version: int = -1
    """Of the newest change that is known here; -1: never looked."""
    renewals: int = 0
    """How often the plugins were started anew."""
    plugins_due: bool = False
    """Settings of plugins have changed, and the plugins do not run with them yet."""
    trouble: str = ""
    """Why the plugins do not run with what is kept for them, if they do not."""
    _topics: Mapping[str, StoredSettings] = field(default_factory=dict)
    _made: dict[str, tuple[int, Any]] = field(default_factory=dict)
    _fresh_until: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def of(self, topic: str) -> StoredSettings | None:
        """What counts for a topic; None: what ``shop.toml`` says."""
        if time.monotonic() >= self._fresh_until:
            self.take_up(queries.newest_version())
        found = self._topics.get(topic)
        return found if found is not None and found.body is not None else None

    @property
    def keeps_plugins(self) -> bool:
        """Whether the browser keeps settings of any plugin."""
        return any(name.startswith(PLUGIN) and one.body is not None for name, one in self._topics.items())

    def made(self, topic: str, make: Callable[[StoredSettings], T], otherwise: Callable[[], T]) -> T:
        """What ``make`` makes of the topic, made once for each version; ``otherwise`` where the file counts."""
        found = self.of(topic)
        if found is None:
            return otherwise()
        known = self._made.get(topic)
        if known is None or known[0] != found.version:
            known = (found.version, make(found))
            self._made[topic] = known
        return cast(T, known[1])

    def take_up(self, newest: int) -> None:
        """The newest change has this number, somebody has seen: read what is new."""
        with self._lock:
            self._fresh_until = time.monotonic() + FRESH_S
            if newest == self.version:
                return
            before = _plugin_versions(self._topics)
            self._topics = {one.topic: one for one in queries.newest_of_all()}
            self.version = newest
            self.plugins_due = self.plugins_due or _plugin_versions(self._topics) != before

    def forget(self) -> None:
        """Something was changed here: look before the next answer."""
        self._fresh_until = 0.0

    def plugin_settings(self, sealer: Sealer) -> dict[str, Mapping[str, Any]]:
        """The settings of plugins that the browser keeps, by name. Raises ConfigError."""
        found: dict[str, Mapping[str, Any]] = {}
        for topic, one in self._topics.items():
            if topic.startswith(PLUGIN) and one.body is not None:
                opened = {key: sealer.open(sealed) for key, sealed in one.sealed.items()}
                found[topic.removeprefix(PLUGIN)] = {**one.body, **opened}
        return found

    def renew(self, host: PluginHost, sealer: Sealer) -> None:
        """Start the plugins anew with what counts now, in place of those of ``host``. Never raises."""
        with self._lock:
            self.renewals += 1
            self.plugins_due = False
            if self.start is None:
                return
            try:
                fresh = self.start(self.plugin_settings(sealer))
            except CraftOpsError as error:
                self.trouble = error.sentence
                log.error("the plugins go on with their old settings: %s", error.sentence)
                return
            self.trouble = ""
            host.become(fresh)


def _plugin_versions(topics: Mapping[str, StoredSettings]) -> dict[str, int]:
    return {name: one.version for name, one in topics.items() if name.startswith(PLUGIN)}
