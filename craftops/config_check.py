"""What is wrong with a ``shop.toml`` beyond its types: names that lead nowhere, money, zones, colours, addresses.

Asked by every process at its start, by ``craftops config check`` and by the doctor: what one of them takes, all take.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from babel.numbers import is_currency

from craftops.config import Config
from craftops.config_tables import (
    DEFAULT_PLUGINS,
    BrokerTable,
    MaterialTable,
    PluginsTable,
    ScaleTable,
    ServerTable,
    ShopTable,
)
from craftops.domain.machines.readings import ProcessKind
from craftops.domain.production.jobs import OperationKind
from craftops.domain.shop.profile import check_profile
from craftops.errors import ConfigError, IntakeError

BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w.-]+)*/?", re.ASCII)
BROKER_WORDS = ("auto", "mosquitto", "embedded")


def must_be_usable(config: Config, themes: Iterable[str]) -> None:
    """Raise ConfigError with every fault. ``themes``: the names of those that are enabled; with ``--safe`` a theme that
    is not there is left out like a plugin."""
    document = config.document
    faults = [
        *(() if config.safe else _theme(document.theme.name, list(themes))),
        *_server(document.server),
        *_broker(document.broker, config.data),
        *_scale(document.scale, document.broker, config.database),
        *_shop(document.shop),
        *_plugins(document.plugins),
        *_twice("finishes", [one.name for one in document.finishes]),
        *_twice("materials", [one.name for one in document.materials]),
        *_materials(document.materials, [one.name for one in document.finishes]),
    ]
    if faults:
        raise ConfigError(f"{config.source or 'shop.toml'} cannot be used:", faults)


def _guess(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _theme(name: str, themes: list[str]) -> Iterator[str]:
    if name not in themes:
        yield f"theme.name: there is no enabled theme {name!r}" + _guess(name, themes)


def _server(server: ServerTable) -> Iterator[str]:
    if not server.base_url:
        return
    try:
        parts = urlsplit(server.base_url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        yield f"server.base_url: write it like https://shop.example, not {server.base_url!r}"
    elif parts.path.strip("/") or parts.query or parts.fragment:
        yield "server.base_url: a shop needs a name of its own, and cannot live below a path of another site"


def _broker(table: BrokerTable, data: Path) -> Iterator[str]:
    if table.url not in BROKER_WORDS:
        try:
            parts = urlsplit(table.url)
            good = parts.scheme in ("mqtt", "mqtts") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            good = False
        if not good:
            yield "broker.url: write auto, mosquitto, embedded or mqtt://user:password@host:port"
        return
    if table.tls_port:
        for name, value in (("tls_certificate", table.tls_certificate), ("tls_key", table.tls_key)):
            if not value or not (data / value).is_file():
                yield f"broker.{name}: there is no file {data / value}, and broker.tls_port needs it"


def _scale(table: ScaleTable, broker: BrokerTable, database: str) -> Iterator[str]:
    if table.files and not BUCKET.fullmatch(table.files):
        yield f"scale.files: write it like s3://bucket or s3://bucket/folder, not {table.files!r}"
    if table.s3_endpoint and urlsplit(table.s3_endpoint).scheme not in ("http", "https"):
        yield f"scale.s3_endpoint: write it like https://objects.example:9000, not {table.s3_endpoint!r}"
    if not table.several_hosts:
        return
    if database.startswith("sqlite"):
        yield "scale.several_hosts: hosts share a PostgreSQL database; name it in DATABASE_URL"
    if not table.files:
        yield "scale.several_hosts: hosts share their files; name a bucket with scale.files"
    if broker.url in BROKER_WORDS:
        yield 'scale.several_hosts: hosts share a broker; name it with broker.url = "mqtt://user:password@host:port"'


def _shop(table: ShopTable) -> Iterator[str]:
    try:
        check_profile(table.profile())
    except IntakeError as error:
        for name, sentence in error.fields.items():
            yield f"shop.{name.replace('hours_', 'hours.')}: {sentence}"
    if table.currency.isalpha() and len(table.currency) == 3 and not is_currency(table.currency.upper()):
        yield f"shop.currency: there is no currency {table.currency!r}; try EUR"


def _plugins(table: PluginsTable) -> Iterator[str]:
    for name in table.disabled:
        if name not in DEFAULT_PLUGINS:
            yield f"plugins.disabled: {name!r} is none of those that are on by themselves" + _guess(
                name, DEFAULT_PLUGINS
            )
        if name in table.enabled:
            yield f"plugins.disabled: {name!r} stands under plugins.enabled, too; say one of both"


def _twice(setting: str, names: list[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{setting}: {name!r} is there {count} times"


def _materials(materials: Iterable[MaterialTable], finishes: list[str]) -> Iterator[str]:
    kinds, operations = [one.value for one in ProcessKind], [one.value for one in OperationKind]
    for one in materials:
        place = f"materials.{one.name}"
        if one.process not in kinds:
            yield f"{place}.process: there is no process {one.process!r}" + _guess(one.process, kinds)
        for name in one.finishes:
            if name not in finishes:
                yield f"{place}.finishes: there is no finish {name!r}" + _guess(name, finishes)
        if one.base_operation and one.base_operation not in operations:
            yield f"{place}.base_operation: there is no hand work {one.base_operation!r}" + _guess(
                one.base_operation, operations
            )
