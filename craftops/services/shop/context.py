"""What every use case needs of the shop: its parts in one value, and how it stands at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from craftops.config import Config
from craftops.config_tables import FilesTable, MailTable, PeopleTable
from craftops.domain.billing.costing import Rates
from craftops.domain.shop.catalogue import Catalogue, catalogue_from_json
from craftops.domain.shop.profile import ShopProfile, profile_from_json
from craftops.plugin_host import PluginHost
from craftops.services.shop.kept import KeptSettings
from craftops.store.files import FileStore
from craftops.store.frames import FrameStore
from craftops.store.models import ShopRow
from craftops.store.queries.settings import newest_version
from craftops.store.queries.shop import shop_and_newest_event
from craftops.store.sealing import Sealer


@dataclass(frozen=True, slots=True)
class ShopSnapshot:
    """The shop at one moment, read in one query, before whatever a page reads next."""

    profile: ShopProfile
    set_up: bool
    newest_event: int
    """A page that starts to listen after this event misses nothing of what it shows."""
    copy: bool = False
    """Whether it is a restored copy, which does nothing outside."""


CATALOGUE = "catalogue"
"""The topic of materials and finishes."""
MAIL, FILES, PEOPLE = "mail", "files", "people"
"""Topics that are tables of ``shop.toml``."""
TableT = TypeVar("TableT", MailTable, FilesTable, PeopleTable)


@dataclass(frozen=True)
class Shop:
    """What a running process holds: configuration, plugins, files, secrets. Handed to every use case."""

    config: Config
    plugins: PluginHost
    files: FileStore
    sealer: Sealer
    kept: KeptSettings = field(default_factory=KeptSettings)

    @property
    def catalogue(self) -> Catalogue:
        """What the shop makes things from, as the owner keeps it, else as ``shop.toml`` says."""
        return self.kept.made(CATALOGUE, lambda one: catalogue_from_json(one.body or {}), lambda: self.config.catalogue)

    @property
    def mail(self) -> MailTable:
        """Where answers to our mails go."""
        return self._table(MAIL, self.config.document.mail)

    @property
    def keeping(self) -> FilesTable:
        """Limits on files, and how long they are kept."""
        return self._table(FILES, self.config.document.files)

    @property
    def newcomers(self) -> PeopleTable:
        """Who may become a customer, and how long links are good."""
        return self._table(PEOPLE, self.config.document.people)

    def _table(self, topic: str, file: TableT) -> TableT:
        kind = type(file)
        return self.kept.made(topic, lambda one: kind(**{**file.model_dump(), **(one.body or {})}), lambda: file)

    def take_up(self, newest: int | None = None) -> bool:
        """Go by the newest settings from here on; ``newest`` is the number of the newest change, where that is known.
        Whether plugins were started anew for it."""
        self.kept.take_up(newest_version() if newest is None else newest)
        due = self.kept.plugins_due
        if due:
            self.kept.renew(self.plugins, self.sealer)
        return due

    @property
    def rates(self) -> Rates:
        return self.config.rates

    @property
    def frames(self) -> FrameStore:
        """What the cameras of machines saw last."""
        return FrameStore(self.config.data / "cameras")

    @property
    def demo_mark(self) -> Path:
        """A file that says that this shop holds sample data."""
        return self.config.data / "demo"

    @property
    def is_demo(self) -> bool:
        """Whether the data of this shop is made up."""
        return self.demo_mark.exists()

    def profile(self) -> ShopProfile:
        """The profile as the owner left it, else the seed of ``shop.toml``."""
        row = ShopRow.get_or_none()
        return profile_from_json(row.profile) if row else self.config.document.shop.profile()

    def standing(self) -> ShopSnapshot:
        """Profile, first-run state and newest event together."""
        row, newest, settings = shop_and_newest_event()
        self.take_up(settings)
        profile = profile_from_json(row.profile) if row else self.config.document.shop.profile()
        copy = row is not None and row.copy_since is not None
        return ShopSnapshot(profile, row is not None and row.set_up_at is not None, newest, copy)

    def is_set_up(self) -> bool:
        """Whether the first-run wizard is closed for good."""
        return ShopRow.select().where(ShopRow.set_up_at.is_null(False)).exists()
