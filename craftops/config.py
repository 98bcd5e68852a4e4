"""``shop.toml`` -> typed, frozen values. Every fault of the file is told at once, with its key.

The file holds what an operator decides (addresses, plugins, materials); what the owner of the shop decides in
the browser (name, hours, brand) lives in the database, and ``[shop]`` here only seeds it.
"""

from __future__ import annotations

import difflib
import hashlib
import hmac
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from craftops import shop_keys
from craftops.config_tables import (
    FINISHES,
    MATERIALS,
    BackupTable,
    BrokerTable,
    FilesTable,
    FinishTable,
    MailTable,
    MakingTable,
    MaterialTable,
    NoticesTable,
    PeopleTable,
    PluginsTable,
    RatesTable,
    ScaleTable,
    ServerTable,
    ShopTable,
    SignInTable,
    Table,
    ThemeTable,
)
from craftops.domain.billing.costing import Rates
from craftops.domain.billing.money import CURRENCY, minor_units
from craftops.domain.machines.readings import ProcessKind
from craftops.domain.shop.catalogue import Catalogue, Finish, Material
from craftops.errors import ConfigError, IntakeError
from craftops.shop_keys import ShopKeys


class ShopFile(Table):
    """The whole file."""

    shop: ShopTable = ShopTable.model_validate({})
    server: ServerTable = ServerTable.model_validate({})
    theme: ThemeTable = ThemeTable.model_validate({})
    broker: BrokerTable = BrokerTable.model_validate({})
    files: FilesTable = FilesTable.model_validate({})
    making: MakingTable = MakingTable.model_validate({})
    mail: MailTable = MailTable.model_validate({})
    notices: NoticesTable = NoticesTable.model_validate({})
    people: PeopleTable = PeopleTable.model_validate({})
    sign_in: SignInTable = SignInTable.model_validate({})
    backup: BackupTable = BackupTable.model_validate({})
    scale: ScaleTable = ScaleTable.model_validate({})
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
    document: ShopFile = ShopFile()
    database_url: str = ""
    secret_file: str = ""
    """Where the key of the shop is, if not in the data folder."""
    safe: bool = False
    """Leave out plugins that break at start."""
    left_out: dict[str, str] = Field(default_factory=dict)
    """Plugins that are not to be started, and why: they broke a process in which they were tried."""
    source: str = ""
    """The file it was read from, for messages."""

    @property
    def database(self) -> str:
        """The database URL: ``DATABASE_URL``, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data / 'craftops.db'}"

    @property
    def several_hosts(self) -> bool:
        """Whether other hosts run this shop, too."""
        return self.document.scale.several_hosts

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

    @property
    def secret_path(self) -> Path:
        """Where the key of the shop is, or will be."""
        return Path(self.secret_file) if self.secret_file else self.data / "secret.key"

    def keys(self) -> ShopKeys:
        """What signs, what seals, what the broker's passwords come of: made once, kept in ``secret.key`` (mode 0600). A
        file that was named must be there. Raises ConfigError."""
        place = self.secret_file or f"{self.data}/secret.key"
        try:
            return _keys_in(place)
        except (FileNotFoundError, IsADirectoryError):
            if self.secret_file:
                raise ConfigError(f"CRAFTOPS_SECRET_KEY_FILE names no file: {self.secret_path}.") from None
            self.data.mkdir(parents=True, exist_ok=True)
            shop_keys.make(self.secret_path)
            return _keys_in(place)

    def secret_key(self) -> str:
        """The key that signs links and cookies. Raises ConfigError."""
        return self.keys().sign

    def signing_keys(self) -> list[str]:
        """The keys whose signatures count now, the one that signs last. Raises ConfigError."""
        return self.keys().accepted(datetime.now(UTC))


_known_keys: dict[str, tuple[tuple[int, ...], ShopKeys]] = {}
"""What key files say, and of which file each was read: a page with links to invoices asks for each of them."""


def _keys_in(place: str) -> ShopKeys:
    """As the file says now: one look tells whether it is still the one that was read. Raises OSError, ConfigError."""
    file = os.stat(place)
    stamp = (file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns)
    known = _known_keys.get(place)
    if known is None or known[0] != stamp:
        path = Path(place)
        known = _known_keys[place] = (stamp, shop_keys.read(path.read_text(), path))
    return known[1]


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound


def read_document(text: str, source: str) -> ShopFile:
    """Parse the text of a ``shop.toml``. Raises ConfigError that lists every fault."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is not valid TOML:", [str(error)]) from error
    try:
        document = ShopFile.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{source} cannot be used:", [_fault(e) for e in error.errors()]) from error
    if faults := list(_rate_faults(document)):
        raise ConfigError(f"{source} cannot be used:", faults)
    return document


def _rate_faults(document: ShopFile) -> Iterator[str]:
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
    table: Any = ShopFile
    for part in error["loc"][:-1]:
        if isinstance(part, str) and part in table.model_fields:
            kind = table.model_fields[part].annotation
            table = next((a for a in getattr(kind, "__args__", ()) if isinstance(a, type)), kind)
    return f"{place}: no such setting" + _guess(str(error["loc"][-1]), table.model_fields)


def _with_ports(document: ShopFile, env: Mapping[str, str]) -> ShopFile:
    """The ports that the supervisor has picked, where the file says 0."""
    server, broker = document.server, document.broker
    if env.get("CRAFTOPS_PORT"):
        server = server.model_copy(update={"port": int(env["CRAFTOPS_PORT"])})
    if env.get("CRAFTOPS_BROKER_PORT"):
        broker = broker.model_copy(update={"port": int(env["CRAFTOPS_BROKER_PORT"])})
    return document.model_copy(update={"server": server, "broker": broker})


def load_config(*, data: Path | None = None, file: Path | None = None, env: Mapping[str, str] | None = None) -> Config:
    """Find and read the configuration.

    The data folder is ``data``, else ``CRAFTOPS_DATA``, else this one where a ``shop.toml`` stands in it, else
    ``./craftops-data``. The file is ``file``, else ``CRAFTOPS_CONFIG``, else ``shop.toml`` in the data folder; without
    one the defaults hold. Raises ConfigError.
    """
    env = os.environ if env is None else env
    named = file or (Path(env["CRAFTOPS_CONFIG"]) if env.get("CRAFTOPS_CONFIG") else None)
    usual = Path("craftops-data")
    if not named and not usual.exists() and Path("shop.toml").is_file():
        usual = Path()  # whoever stands in a shop's folder means that shop
    folder = (data or Path(env.get("CRAFTOPS_DATA") or usual)).resolve()
    path = named or folder / "shop.toml"
    if named and not named.exists():
        raise ConfigError(f"There is no file {named}.")
    document = read_document(path.read_text(), str(path)) if path.exists() else ShopFile()
    document = _with_ports(document, env)
    return Config(
        data=folder,
        document=document,
        database_url=env.get("DATABASE_URL", ""),
        secret_file=env.get("CRAFTOPS_SECRET_KEY_FILE", ""),
        safe=env.get("CRAFTOPS_SAFE", "") == "1",
        source=str(path) if path.exists() else "",
    )
