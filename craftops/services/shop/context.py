"""What every use case needs of the shop: its parts in one value, and how it stands at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from craftops.config import Config
from craftops.domain.billing.costing import Rates
from craftops.domain.shop.catalogue import Catalogue
from craftops.domain.shop.profile import ShopProfile, profile_from_json
from craftops.plugin_host import PluginHost
from craftops.store.files import FileStore
from craftops.store.frames import FrameStore
from craftops.store.models import ShopRow
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


@dataclass(frozen=True)
class Shop:
    """What a running process holds: configuration, plugins, files, secrets. Handed to every use case."""

    config: Config
    plugins: PluginHost
    files: FileStore
    sealer: Sealer

    @property
    def catalogue(self) -> Catalogue:
        return self.config.catalogue

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
        row, newest = shop_and_newest_event()
        profile = profile_from_json(row.profile) if row else self.config.document.shop.profile()
        copy = row is not None and row.copy_since is not None
        return ShopSnapshot(profile, row is not None and row.set_up_at is not None, newest, copy)

    def is_set_up(self) -> bool:
        """Whether the first-run wizard is closed for good."""
        return ShopRow.select().where(ShopRow.set_up_at.is_null(False)).exists()
