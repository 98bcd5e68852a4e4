"""``shop.toml`` -> typed, frozen values. Every fault of the file is told at once, with its key.

The file holds what an operator decides (addresses, plugins, materials); what the owner of the shop decides in
the browser (name, hours, brand) lives in the database, and ``[shop]`` here only seeds it.
"""

from __future__ import annotations

import difflib
import hashlib
import hmac
import os
import secrets
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from craftops.domain.billing.costing import Rates
from craftops.domain.billing.money import CURRENCY, minor_units, read_amount
from craftops.domain.machines.readings import ProcessKind
from craftops.domain.production.jobs import OperationKind
from craftops.domain.shop.catalogue import Catalogue, Finish, Material
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import ConfigError, IntakeError

DEFAULT_PLUGINS = (
    "theme_workshop",
    "theme_atelier",
    "analyzer_mesh",
    "analyzer_drawing",
    "machine_mqtt",
    "machine_manual",
    "machine_octoprint",
    "machine_moonraker",
    "machine_prusalink",
    "notify_email",
)


class Table(BaseModel):
    """One TOML table: frozen, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerTable(Table):
    """``[server]``: where the web process listens, and how the world reaches it."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for the whole network")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 picks a free one")
    base_url: str = Field(
        default="", description="How customers reach the shop, for links in mails (https://shop.example)"
    )
    threads: int = Field(default=16, ge=2, le=256, description="Threads that answer requests, at most")
    connections: int = Field(default=10_000, ge=100, le=100_000, description="Open connections; the stillest go first")
    connections_of_one: int = Field(
        default=256, ge=8, le=100_000, description="The same of one address (a reverse proxy is not counted so)"
    )
    header_seconds: float = Field(default=10.0, gt=0, le=300, description="How long the head of a request may take")
    slowest_bytes_per_second: int = Field(
        default=1000, ge=1, description="Slower senders and readers are cut, after 20 seconds at the earliest"
    )
    trusted_proxies: int = Field(default=0, ge=0, le=5, description="Reverse proxies in front (for X-Forwarded-…)")
    proxy_addresses: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"), description="Where these come from; nobody else's X-Forwarded-… is believed"
    )


class ThemeTable(Table):
    """``[theme]``: which theme the portal wears."""

    name: str = Field(default="workshop", description="Name of an enabled theme: workshop, atelier, …")


class BrokerTable(Table):
    """``[broker]``: the MQTT broker that machines speak to."""

    url: str = Field(default="auto", description="auto, mosquitto, embedded, or mqtt://user:password@host:port")
    host: str = Field(default="127.0.0.1", description="Address the built-in broker listens on")
    port: int = Field(default=1883, ge=0, le=65535, description="Port of the built-in broker; 0 picks a free one")
    tls_port: int = Field(default=0, ge=0, le=65535, description="Port for machines that speak TLS (8883); 0 for none")
    tls_certificate: str = Field(default="", description="PEM file of the certificate for tls_port, with its chain")
    tls_key: str = Field(default="", description="PEM file of its private key")
    home_assistant: bool = Field(
        default=False, description="Tell Home Assistant of the machines (MQTT discovery); see `craftops home-assistant`"
    )


class FilesTable(Table):
    """``[files]``: limits on what customers send."""

    max_mb: int = Field(default=250, ge=1, le=4096, description="Largest file that is taken, in megabytes")
    quota_mb: int = Field(default=5000, ge=1, description="How much one customer may store, in megabytes")


class PluginsTable(Table):
    """``[plugins]``: what is switched on. Installed is not enabled."""

    enabled: tuple[str, ...] = Field(
        default=DEFAULT_PLUGINS, description="Plugins in order; see `craftops plugins list`"
    )


class FinishTable(Table):
    """``[[finishes]]``: a finish and the hand work that it takes."""

    name: str = Field(description="Short name, used by materials")
    label: str = Field(description="What customers read")
    operation: OperationKind = Field(default=OperationKind.OTHER, description="Kind of hand work")
    minutes: float = Field(default=0.0, ge=0, description="Hand minutes for each copy")
    setup_minutes: float = Field(default=0.0, ge=0, description="Hand minutes once for each line")


class MaterialTable(Table):
    """``[[materials]]``: a material that the shop offers."""

    name: str = Field(description="Short name")
    label: str = Field(description="What customers read")
    process: str = Field(default="fdm", description="fdm, sla, laser, cnc or other")
    note: str = Field(default="", description="One line of advice for customers")
    density: float = Field(default=1.24, gt=0, description="g/cm³")
    colours: tuple[str, ...] = Field(default=(), description="Colours as customers read them")
    finishes: tuple[str, ...] = Field(default=(), description="Names of finishes")
    base_operation: str = Field(default="", description="Hand work that every line needs, e.g. support_removal")
    base_minutes: float = Field(default=0.0, ge=0, description="Its minutes for each copy")


FINISHES = (
    FinishTable(name="as_made", label="As made"),
    FinishTable(name="sanded", label="Sanded", operation=OperationKind.SANDING, minutes=12, setup_minutes=5),
    FinishTable(name="polished", label="Polished", operation=OperationKind.POLISHING, minutes=20, setup_minutes=10),
    FinishTable(name="painted", label="Painted", operation=OperationKind.PAINTING, minutes=15, setup_minutes=30),
)
MATERIALS = (
    MaterialTable(
        name="pla", label="PLA", note="Stiff and precise; for models and indoor parts", density=1.24,
        colours=("Black", "White", "Grey", "Orange"), finishes=("as_made", "sanded", "painted"),
        base_operation="support_removal", base_minutes=4,
    ),
    MaterialTable(
        name="petg", label="PETG", note="Tough, for brackets and outdoor parts", density=1.27,
        colours=("Black", "Clear", "Blue"), finishes=("as_made", "sanded"),
        base_operation="support_removal", base_minutes=5,
    ),
    MaterialTable(
        name="plywood", label="Birch plywood 4 mm", process="laser", note="Cut and engraved by laser",
        density=0.68, colours=("Natural",), finishes=("as_made", "sanded"),
        base_operation="cleaning", base_minutes=2,
    ),
    MaterialTable(
        name="aluminium", label="Aluminium 6082", process="cnc", note="Milled, deburred by hand", density=2.7,
        colours=("Natural",), finishes=("as_made", "polished"),
        base_operation="deburring", base_minutes=8,
    ),
)  # fmt: skip


def _price(value: object) -> Decimal:
    try:
        return read_amount(value)
    except IntakeError as error:
        raise PydanticCustomError("money", "{sentence}", {"sentence": error.sentence}) from error


Price = Annotated[Decimal, BeforeValidator(_price)]


class RatesTable(Table):
    """``[rates]``: what machine time and material cost, in ``[shop] currency``; empty shows no prices anywhere."""

    machine_hour: dict[str, Price] = Field(
        default_factory=dict, description='Price of a machine hour by process: { fdm = "3.50", laser = "32" }'
    )
    kilogram: dict[str, Price] = Field(
        default_factory=dict, description='Price of a kilogram by name of a material: { pla = "24.90" }'
    )
    square_metre: dict[str, Price] = Field(
        default_factory=dict, description='Price of a square metre of a sheet material: { plywood = "18" }'
    )


class ShopTable(Table):
    """``[shop]``: first values of what the owner later changes in the browser."""

    name: str = Field(default="", description="Name of the shop")
    tagline: str = Field(default="", description="One line under the name")
    email: str = Field(default="", description="Where customers write to")
    phone: str = Field(default="", description="Telephone")
    address: tuple[str, ...] = Field(default=(), description="Address lines")
    timezone: str = Field(default="Europe/Berlin", description="IANA time zone of the shop")
    currency: str = Field(default="EUR", description="ISO 4217")
    brand: str = Field(default="#1f6feb", description="Brand colour, #rrggbb")
    closed_on: tuple[str, ...] = Field(default=(), description="Closed days, ISO dates")
    hours: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description='monday = ["09:00-18:00"], one key a weekday'
    )

    def profile(self) -> ShopProfile:
        """The seed as a profile (unchecked)."""
        values = self.model_dump()
        values["name"] = values["name"] or ShopProfile().name
        return ShopProfile(**values)


class Document(Table):
    """The whole file."""

    shop: ShopTable = ShopTable.model_validate({})
    server: ServerTable = ServerTable.model_validate({})
    theme: ThemeTable = ThemeTable.model_validate({})
    broker: BrokerTable = BrokerTable.model_validate({})
    files: FilesTable = FilesTable.model_validate({})
    plugins: PluginsTable = PluginsTable.model_validate({})
    finishes: tuple[FinishTable, ...] = FINISHES
    materials: tuple[MaterialTable, ...] = MATERIALS
    rates: RatesTable = RatesTable()
    plugin: dict[str, dict[str, Any]] = Field(default_factory=dict)


class Config(BaseModel):
    """Everything a process needs to know before it starts."""

    model_config = ConfigDict(frozen=True)

    data: Path
    """The folder that holds everything of this shop."""
    document: Document = Document()
    database_url: str = ""
    redis_url: str = ""
    safe: bool = False
    """Leave out plugins that break at start."""
    source: str = ""
    """The file it was read from, for messages."""

    @property
    def database(self) -> str:
        """The database URL: ``DATABASE_URL``, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data / 'craftops.db'}"

    @property
    def base_url(self) -> str:
        """How the world reaches the shop, without a trailing slash."""
        server = self.document.server
        return (server.base_url or f"http://{_reachable(server.host)}:{server.port}").rstrip("/")

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(
            tuple(Material(**material.model_dump()) for material in self.document.materials),
            tuple(Finish(**finish.model_dump()) for finish in self.document.finishes),
        )

    @property
    def rates(self) -> Rates:
        """What the shop asks for machine time and material, in the currency of ``[shop]``."""
        currency, table = self.document.shop.currency, self.document.rates
        hour, kilogram, metre = (
            {name: minor_units(amount, currency) for name, amount in prices.items()}
            for prices in (table.machine_hour, table.kilogram, table.square_metre)
        )
        return Rates(currency, hour, kilogram, metre)

    def setup_code(self) -> str:
        """What the first visitor must bring to set the shop up; told where the shop is started, and nowhere else."""
        return hmac.new(self.secret_key().encode(), b"craftops.setup", hashlib.sha256).hexdigest()[:32]

    @property
    def setup_address(self) -> str:
        """Where the owner begins, with the code."""
        return f"{self.base_url}/setup?code={self.setup_code()}"

    def secret_key(self) -> str:
        """The key that signs links and seals secrets: made once, kept in ``secret.key`` (mode 0600)."""
        path = self.data / "secret.key"
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            self.data.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"secret.key.{secrets.token_hex(4)}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
            try:
                os.link(draft, path)
            except FileExistsError:
                pass  # another process of ours was first; its key is the key
            finally:
                draft.unlink()
            return path.read_text().strip()


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound


def read_document(text: str, source: str) -> Document:
    """Parse the text of a ``shop.toml``. Raises ConfigError that lists every fault."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is not valid TOML:", [str(error)]) from error
    try:
        document = Document.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{source} cannot be used:", [_fault(e) for e in error.errors()]) from error
    if faults := list(_rate_faults(document)):
        raise ConfigError(f"{source} cannot be used:", faults)
    return document


def _rate_faults(document: Document) -> Iterator[str]:
    """Rates for what the shop does not have, or finer than its currency goes."""
    table, currency = document.rates, document.shop.currency
    if table == RatesTable():
        return
    if not CURRENCY.fullmatch(currency):
        yield f"shop.currency: rates need the three capital letters of a currency, such as EUR (got {currency!r})"
        return
    materials = [material.name for material in document.materials]
    known = (
        ("machine_hour", "process", table.machine_hour, [kind.value for kind in ProcessKind]),
        ("kilogram", "material", table.kilogram, materials),
        ("square_metre", "material", table.square_metre, materials),
    )
    for setting, what, prices, names in known:
        for name, amount in prices.items():
            place = f"rates.{setting}.{name}"
            if name not in names:
                yield f"{place}: the shop has no {what} of this name" + _guess(name, names)
            try:
                minor_units(amount, currency)
            except IntakeError as error:
                yield f"{place}: {error.sentence}"
    for name in sorted(table.kilogram.keys() & table.square_metre.keys()):
        yield f"rates.square_metre.{name}: it has a price by the kilogram, too; say one of both"


def _guess(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _fault(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] != "extra_forbidden":
        return f"{place}: {error['msg']} (got {error['input']!r})"
    table: Any = Document
    for part in error["loc"][:-1]:
        if isinstance(part, str) and part in table.model_fields:
            kind = table.model_fields[part].annotation
            table = next((a for a in getattr(kind, "__args__", ()) if isinstance(a, type)), kind)
    return f"{place}: no such setting" + _guess(str(error["loc"][-1]), table.model_fields)


def _with_ports(document: Document, env: Mapping[str, str]) -> Document:
    """The ports that the supervisor has picked, where the file says 0."""
    server, broker = document.server, document.broker
    if env.get("CRAFTOPS_PORT"):
        server = server.model_copy(update={"port": int(env["CRAFTOPS_PORT"])})
    if env.get("CRAFTOPS_BROKER_PORT"):
        broker = broker.model_copy(update={"port": int(env["CRAFTOPS_BROKER_PORT"])})
    return document.model_copy(update={"server": server, "broker": broker})


def load_config(*, data: Path | None = None, file: Path | None = None, env: Mapping[str, str] | None = None) -> Config:
    """Find and read the configuration.

    The data folder is ``data``, else ``CRAFTOPS_DATA``, else ``./craftops-data``. The file is ``file``, else
    ``CRAFTOPS_CONFIG``, else ``shop.toml`` in the data folder; without one the defaults hold. Raises ConfigError.
    """
    env = os.environ if env is None else env
    folder = (data or Path(env.get("CRAFTOPS_DATA", "craftops-data"))).resolve()
    named = file or (Path(env["CRAFTOPS_CONFIG"]) if env.get("CRAFTOPS_CONFIG") else None)
    path = named or folder / "shop.toml"
    if named and not named.exists():
        raise ConfigError(f"There is no file {named}.")
    document = read_document(path.read_text(), str(path)) if path.exists() else Document()
    document = _with_ports(document, env)
    return Config(
        data=folder,
        document=document,
        database_url=env.get("DATABASE_URL", ""),
        redis_url=env.get("REDIS_URL", ""),
        safe=env.get("CRAFTOPS_SAFE", "") == "1",
        source=str(path) if path.exists() else "",
    )
