"""The hosts of one shop: what must be the same on all of them, asked when a process starts, and told by the doctor.

Sessions, limits on signing in, settings of the browser and work are rows, and so the same everywhere. What lies in the
folder of a host is not: its key, its ``shop.toml``, its plugins and its program.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson

from craftops import __version__
from craftops.config import Config
from craftops.errors import ConfigError
from craftops.plugin_host.finding import installed
from craftops.services.shop.context import Shop
from craftops.store.database import is_sqlite, unit_of_work, utcnow
from craftops.store.models import HostRow, database
from craftops.store.models.base import from_micros

THE_SHOP = "*"
FORGOTTEN = timedelta(days=30)
"""A host whose processes have not started for so long is asked about no more."""
MOST_SKEW = timedelta(seconds=2)
OF_A_HOST = {
    "server": {"base_url", "trusted_proxies"},
    "broker": set(),
    "backup": set(),
    "scale": {"files", "s3_endpoint"},
}
"""Tables of ``shop.toml`` of which only these settings must be the same."""
WORDS = {
    "version": "runs another CraftOps", "plugins": "has other plugins or other versions of them",
    "settings": "has another shop.toml",
}  # fmt: skip
POSTGRES_NOW = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint"


def mark_of(config: Config) -> str:
    """Tells whether two hosts have the same key, and nothing about the key."""
    return hmac.new(config.keys().mark.encode(), b"craftops.hosts", hashlib.sha256).hexdigest()


def join(shop: Shop) -> None:
    """A process starts here: write down what this host is like. Raises ConfigError when it has another key than the
    shop: it would open no sealed secret, and know no link and no form of the others."""
    config = shop.config
    if not config.several_hosts:
        return
    at, mark = utcnow(), mark_of(config)
    name = host_name()
    with unit_of_work():
        HostRow.insert(name=THE_SHOP, key_mark=mark, seen_at=at).on_conflict_ignore().execute()
        of_shop: HostRow = HostRow.get(HostRow.name == THE_SHOP)
        if of_shop.key_mark != mark:
            raise ConfigError(
                f"secret.key in {config.data} is not the key of this shop. Copy secret.key from another host of it; "
                "nothing that is sealed or signed there can be opened with this one."
            )
        values = {"key_mark": mark, "facts": facts_of(shop), "skew_ms": _skew_ms(), "seen_at": at}
        HostRow.insert(name=name, **values).on_conflict(conflict_target=[HostRow.name], update=values).execute()
        HostRow.delete().where(HostRow.name != THE_SHOP, HostRow.seen_at < at - FORGOTTEN).execute()


def host_name() -> str:
    """What this host is called, in the network and here."""
    return socket.gethostname()[:120]


def facts_of(shop: Shop) -> dict[str, str]:
    """What must be the same on all hosts, each as a short text that differs when it does."""
    found = installed()
    plugins = sorted(f"{name} {found[name].version if name in found else ''}" for name in shop.plugins.names)
    said: dict[str, Any] = shop.config.document.model_dump(mode="json")
    for table, kept in OF_A_HOST.items():
        said[table] = {name: value for name, value in said[table].items() if name in kept}
    return {"version": __version__, "plugins": _short(plugins), "settings": _short(said)}


def differences(shop: Shop, *, at: datetime) -> Iterator[str]:
    """What is not as it must be, a sentence each."""
    if not shop.config.several_hosts:
        return
    mine, mark = facts_of(shop), mark_of(shop.config)
    for row in HostRow.select().order_by(HostRow.name):
        if row.name == THE_SHOP:
            if row.key_mark != mark:
                yield "secret.key of this host is not the key of the shop. Copy it from another host."
            continue
        if row.seen_at < at - FORGOTTEN:
            continue
        for name, words in WORDS.items():
            if (row.facts or {}).get(name) != mine[name]:
                yield f"The host {row.name} {words} than this one, since {row.seen_at:%Y-%m-%d %H:%M} UTC."
        if abs(row.skew_ms) > MOST_SKEW / timedelta(milliseconds=1):
            ahead = f"{row.skew_ms / 1000:+.1f} s"
            yield f"The clock of the host {row.name} is {ahead} from the database's. Let it keep time (NTP)."


def _skew_ms() -> int:
    if is_sqlite():
        return 0
    theirs = from_micros(int(database.execute_sql(POSTGRES_NOW).fetchone()[0]))
    return round((utcnow() - theirs) / timedelta(milliseconds=1))


def _short(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
