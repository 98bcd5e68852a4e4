"""The tables of ``shop.toml``: every setting with its type, its bounds, its default and its sentence."""

from __future__ import annotations

import re
from datetime import time
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from craftops.domain.billing.money import read_amount
from craftops.domain.messages.notices import CHOOSABLE, USUALLY, UsualNotices
from craftops.domain.people.newcomers import NewCustomers
from craftops.domain.production.jobs import OperationKind
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import IntakeError

DEFAULT_PLUGINS = (
    "theme_workshop",
    "theme_atelier",
    "theme_blueprint",
    "theme_pebble",
    "analyzer_mesh",
    "analyzer_drawing",
    "machine_mqtt",
    "machine_manual",
    "machine_octoprint",
    "machine_moonraker",
    "machine_prusalink",
    "notify_email",
    "channel_email",
    "shop_reports",
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
    metrics_on_loopback: bool = Field(
        default=False, description="Programs of this very computer read /metrics without a token"
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="One line of text or one JSON object for each thing that is logged"
    )
    trusted_proxies: int = Field(default=0, ge=0, le=5, description="Reverse proxies in front (for X-Forwarded-…)")
    proxy_addresses: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"), description="Where these come from; nobody else's X-Forwarded-… is believed"
    )


class ThemeTable(Table):
    """``[theme]``: which theme the portal wears."""

    name: str = Field(
        default="workshop", description="Name of an enabled theme: workshop, atelier, blueprint, pebble, …"
    )


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
    keep_months: int = Field(
        default=24,
        ge=0,
        le=600,
        description="Months after an order has ended that its design files are kept; 0 for ever",
    )
    strangers_mb: int = Field(
        default=1000, ge=1, description="How much all who have no account yet may store together, in megabytes"
    )


class MakingTable(Table):
    """``[making]``: what the shop wants of an order before it lets it go."""

    photo_at_check: bool = Field(
        default=False, description="An order is ready only when somebody has kept a photo of the finished parts"
    )


class MailTable(Table):
    """``[mail]``: where answers to our mails go. Which server sends and which mailbox is read, its plugins say."""

    reply_address: str = Field(
        default="",
        description="Where answers to our mails go: reply+{token}@shop.example (sub-address), {token}@in.shop.example "
        "(a domain of its own) or the plain mailbox; empty for the sender's address",
    )

    @field_validator("reply_address")
    @classmethod
    def _is_address(cls, value: str) -> str:
        plain = value.replace("{token}", "token", 1)
        if value and (
            plain.count("@") != 1 or "{" in plain or " " in plain or "{token}" in value.rsplit("@", maxsplit=1)[-1]
        ):
            raise ValueError("write it like reply+{token}@shop.example, with {token} before the @ or not at all")
        return value


class NoticesTable(Table):
    """``[notices]``: what customers are told who have chosen nothing of their own on their page of notices."""

    tell: tuple[str, ...] = Field(
        default=USUALLY, description=f"Of what they are told besides what they must be: {', '.join(CHOOSABLE)}"
    )
    merge_minutes: Literal[0, 2, 15, 60] = Field(
        default=2, description="How long a mail waits for others that go with it: 0, 2, 15 or 60 minutes"
    )
    quiet_from: str = Field(default="", description="From when nothing is sent that can wait, 22:00; empty for never")
    quiet_to: str = Field(default="", description="Until when, 07:00")

    @field_validator("tell")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for kind in value:
            if kind not in CHOOSABLE:
                near = get_close_matches(kind, CHOOSABLE, 1)
                raise ValueError(
                    f"there is no notice {kind!r} to choose" + (f"; did you mean {near[0]!r}?" if near else "")
                )
        return tuple(dict.fromkeys(value))

    @field_validator("quiet_from", "quiet_to")
    @classmethod
    def _is_time(cls, value: str) -> str:
        if value and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError("write a time like 22:00")
        return value

    @model_validator(mode="after")
    def _are_two(self) -> NoticesTable:
        if bool(self.quiet_from) != bool(self.quiet_to):
            raise ValueError("quiet_from and quiet_to go together")
        return self

    @property
    def usual(self) -> UsualNotices:
        """The same for whoever tells."""
        begin, end = (time.fromisoformat(one) if one else None for one in (self.quiet_from, self.quiet_to))
        return UsualNotices(frozenset(self.tell), self.merge_minutes, begin, end)


class PeopleTable(Table):
    """``[people]``: who may become a customer, and how long links without an account are good."""

    new_customers: NewCustomers = Field(
        default=NewCustomers.BY_APPROVAL,
        description="Who may order first: open (anybody with an e-mail address), by_approval (the shop looks at each "
        "new customer) or invitation (only whom the shop has added)",
    )
    tracker_days: int = Field(
        default=30, ge=1, le=3650, description="Days after its end that an order can be seen by its link"
    )


class SignInTable(Table):
    """``[sign_in]``: how people who work here prove who they are."""

    second_factor_of_staff: bool = Field(
        default=False,
        description="Whether everybody who works here needs a second factor; whoever has none sets one up at the next "
        "sign-in",
    )


class PluginsTable(Table):
    """``[plugins]``: what is switched on, and what is installed for it. Installed is not enabled, but for the usual
    ones."""

    enabled: tuple[str, ...] = Field(
        default=(), description="Plugins besides the usual ones, in order; see `craftops plugins list`"
    )
    disabled: tuple[str, ...] = Field(default=(), description="Which of the usual ones are switched off")
    install: tuple[str, ...] = Field(
        default=(),
        description='What `craftops plugins sync` installs: "craftops-acme>=1,<2", a wheel, a folder ("./mine")',
    )
    wheels: str = Field(
        default="", description="A folder of wheels that `craftops plugins sync` takes instead of asking a network"
    )

    @property
    def names(self) -> tuple[str, ...]:
        """All that are switched on: the usual ones first."""
        usual = tuple(name for name in DEFAULT_PLUGINS if name not in self.disabled)
        return usual + tuple(name for name in dict.fromkeys(self.enabled) if name not in usual)


class BackupTable(Table):
    """``[backup]``: copies of the whole shop, locked with its recovery key."""

    folder: str = Field(
        default="backups",
        description="Where backups go, best on another disk; a name without a slash before it lies in the data folder",
    )
    every_hours: float = Field(default=24.0, gt=0, le=24 * 31, description="Hours from one backup to the next")
    keep_daily: int = Field(default=7, ge=1, le=1000, description="Of so many days the newest backup is kept")
    keep_weekly: int = Field(default=4, ge=0, le=1000, description="The same of weeks")
    keep_monthly: int = Field(default=12, ge=0, le=1000, description="The same of months")
    recipients: tuple[str, ...] = Field(
        default=(), description="More keys that open backups, besides the recovery key (age1…, see `age-keygen`)"
    )


class ScaleTable(Table):
    """``[scale]``: one shop on several hosts, and files that are not in the data folder."""

    several_hosts: bool = Field(
        default=False,
        description="Other hosts run this shop too: needs PostgreSQL, files in S3 and a broker of its own",
    )
    files: str = Field(
        default="", description="Where files are kept: empty for the data folder, or s3://bucket or s3://bucket/folder"
    )
    s3_endpoint: str = Field(
        default="", description="Address of an S3 server that is not Amazon's: https://objects.example:9000"
    )
    s3_region: str = Field(default="us-east-1", description="Region of the bucket")
    cache_mb: int = Field(
        default=2000, ge=100, description="Copies of files from S3 that a host keeps for itself, in megabytes"
    )
    takeover_seconds: float = Field(
        default=6.0, ge=1, le=300, description="So long a bridge may be silent before the standby takes its place"
    )


class FinishTable(Table):
    """``[[finishes]]``: a finish and the hand work that it takes."""

    name: str = Field(description="Short name, used by materials")
    label: str = Field(description="What customers read")
    operation: OperationKind = Field(default=OperationKind.OTHER, description="Kind of hand work")
    minutes: float = Field(default=0.0, ge=0, description="Hand minutes for each copy")
    setup_minutes: float = Field(default=0.0, ge=0, description="Hand minutes once for each line")
    offered: bool = Field(default=True, description="false: orders keep it, and nobody chooses it any more")


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
    offered: bool = Field(default=True, description="false: orders keep it, and nobody chooses it any more")
    sheet_mm: float = Field(default=0.0, ge=0, le=500, description="Thickness of its sheets; 0 where it is no sheet")


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
        base_operation="cleaning", base_minutes=2, sheet_mm=4,
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
