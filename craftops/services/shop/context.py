"""What every use case needs of the shop: its parts in one value, and how it stands at one moment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import orjson

from craftops.config import Config
from craftops.config_tables import (
    BrokerTable,
    FilesTable,
    MailTable,
    MakingTable,
    NoticesTable,
    PeopleTable,
    SignInTable,
)
from craftops.domain.billing.costing import Rates
from craftops.domain.shop.catalogue import Catalogue, catalogue_from_json
from craftops.domain.shop.look import ShopLook, faced, look_from_json
from craftops.domain.shop.profile import ShopProfile, profile_from_json
from craftops.plugin_host.host import PluginHost
from craftops.sdk.theme import Theme
from craftops.services.shop.kept import KeptSettings
from craftops.store.files import FileStore
from craftops.store.frames import Frames, FrameStore
from craftops.store.models import ShopRow
from craftops.store.prepared import Prepared
from craftops.store.queries.settings import newest_version
from craftops.store.queries.shop import SeenSession, visit
from craftops.store.row_frames import RowFrameStore
from craftops.store.sealing import Sealer

_SHOP: Prepared[ShopRow] = Prepared(lambda: ShopRow.select().limit(1))


@dataclass(frozen=True, slots=True)
class ShopSnapshot:
    """The shop at one moment, read in one query, before whatever a page reads next."""

    profile: ShopProfile
    set_up: bool
    newest_event: int
    """A page that starts to listen after this event misses nothing of what it shows."""
    copy: bool = False
    """Whether it is a restored copy, which does nothing outside."""
    session: SeenSession | None = None
    """The session that looks, where there is one that has not run out."""
    roles: Mapping[int, str] = field(default_factory=dict)
    """The role of its account in each of their companies."""


@lru_cache(maxsize=8)
def _profile_of(stored: str) -> ShopProfile:
    """Made once of each text: a page reads the text anyway, and so has what counts whoever wrote it."""
    return profile_from_json(orjson.loads(stored))


def _with_accent(profile: ShopProfile, look: ShopLook | None, accent: str) -> ShopProfile:
    """In the theme's own colour, where nobody has chosen one."""
    untouched = not (look and look.accent) and profile.brand == ShopProfile().brand
    return replace(profile, brand=accent) if accent and untouched else profile


AS_IT_COMES = ShopLook()
MOST_FACES = 64
_faces: dict[tuple[int, int, str], tuple[ShopProfile, ShopLook | None, ShopProfile]] = {}
"""By the identity of profile and look, which are made once of what is stored."""
DEMO_MARK = "demo"
CATALOGUE = "catalogue"
"""The topic of materials and finishes."""
LOOK = "look"
"""The topic of theme, colours, type and words."""
MAIL, FILES, PEOPLE, SIGN_IN, MAKING, NOTICES = "mail", "files", "people", "sign_in", "making", "notices"
BROKER = "broker"
"""Topics that are tables of ``shop.toml``."""
TableT = TypeVar("TableT", MailTable, FilesTable, PeopleTable, SignInTable, MakingTable, NoticesTable, BrokerTable)


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
    def look(self) -> ShopLook:
        """How the owner has the pages look; where nothing is kept, all of it is the theme's and the profile's."""
        return self.kept_look or AS_IT_COMES

    @property
    def kept_look(self) -> ShopLook | None:
        """The same, None where nothing is kept."""
        return self.kept.made(LOOK, lambda one: look_from_json(one.body or {}), lambda: None)

    @property
    def _theme(self) -> Theme | None:
        themes = self.plugins.themes
        return themes.get(self.look.theme) or themes.get(self.config.document.theme.name)

    def word(self, name: str) -> str:
        """How the shop, or else its theme, words one of ``look.SENTENCES``; empty where it says nothing of its own."""
        found, theme = self.look.word(name), self._theme
        for _step in range(len(self.plugins.themes)):
            if found or theme is None:
                break
            found, theme = theme.words.get(name, ""), self.plugins.themes.get(theme.parent)
        return found

    @property
    def mail(self) -> MailTable:
        """Where answers to our mails go."""
        return self._table(MAIL, self.config.document.mail)

    @property
    def keeping(self) -> FilesTable:
        """Limits on files, and how long they are kept."""
        return self._table(FILES, self.config.document.files)

    @property
    def making(self) -> MakingTable:
        """What is wanted of an order before it is ready."""
        return self._table(MAKING, self.config.document.making)

    @property
    def broker(self) -> BrokerTable:
        """Where machines find the broker, and whom it lets in."""
        return self._table(BROKER, self.config.document.broker)

    @property
    def notices(self) -> NoticesTable:
        """What customers are told who have chosen nothing of their own."""
        return self._table(NOTICES, self.config.document.notices)

    @property
    def newcomers(self) -> PeopleTable:
        """Who may become a customer, and how long links are good."""
        return self._table(PEOPLE, self.config.document.people)

    @property
    def sign_in(self) -> SignInTable:
        """How people who work here prove who they are."""
        return self._table(SIGN_IN, self.config.document.sign_in)

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
    def frames(self) -> Frames:
        """What the cameras of machines saw last."""
        return RowFrameStore() if self.config.several_hosts else FrameStore(self.config.data / "cameras")

    @property
    def demo_mark(self) -> Path:
        """A file that says that this shop holds sample data."""
        return self.config.data / DEMO_MARK

    @property
    def is_demo(self) -> bool:
        """Whether the data of this shop is made up."""
        return os.path.exists(f"{self.config.data}/{DEMO_MARK}")

    def profile(self) -> ShopProfile:
        """The profile as the owner left it, else the seed of ``shop.toml``."""
        row = _SHOP.first()
        return self._faced(profile_from_json(row.profile) if row else self.config.document.shop.profile())

    def _faced(self, profile: ShopProfile) -> ShopProfile:
        """With the colour and the logo of the look: the same value as long as nothing of it has changed."""
        look, theme = self.kept_look, self._theme
        accent = theme.accent if theme is not None else ""
        known = _faces.get((id(profile), id(look), accent))
        if known is None or known[0] is not profile or known[1] is not look:
            if len(_faces) >= MOST_FACES:
                _faces.clear()
            known = _faces[id(profile), id(look), accent] = (
                profile,
                look,
                _with_accent(faced(profile, look), look, accent),
            )
        return known[2]

    def standing(self, token_hash: str, at: datetime) -> ShopSnapshot:
        """Profile, first-run state and newest event, and the session of this hash, together."""
        found = visit(token_hash, at)
        self.take_up(found.newest_settings)
        profile = self.config.document.shop.profile() if found.profile is None else _profile_of(found.profile)
        seen = self._faced(profile)
        return ShopSnapshot(seen, found.set_up, found.newest_event, found.copy, found.session, found.roles)

    def is_set_up(self) -> bool:
        """Whether the first-run wizard is closed for good."""
        return ShopRow.select().where(ShopRow.set_up_at.is_null(False)).exists()
