"""What the commands share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from craftops.config import Config, load_config

if TYPE_CHECKING:
    from craftops.services.shop.context import Shop


@dataclass(frozen=True)
class ShopLocation:
    """Which shop a command is about."""

    data: Path | None
    file: Path | None
    safe: bool

    def config(self) -> Config:
        """Its configuration. Raises ConfigError."""
        config = load_config(data=self.data, file=self.file)
        safe = self.safe or os.environ.get("CRAFTOPS_SAFE") == "1"
        # Imports inside: ``craftops web`` comes by here, too, and keeps what was imported.
        from craftops.processes.failed_starts import without_killers

        return without_killers(config.model_copy(update={"safe": True})) if safe else config

    @contextmanager
    def shop(self) -> Iterator[Shop]:
        """The shop, open, with a connection. Raises ConfigError, PluginError, and when it must be migrated first."""
        from craftops.bootstrap import open_shop
        from craftops.services.shop import hosts
        from craftops.store.database import close_database, connected
        from craftops.store.migrating import must_fit

        shop = open_shop(self.config())
        try:
            must_fit()
            with connected():
                hosts.join(shop)
                yield shop
        finally:
            close_database()


pass_place = click.make_pass_decorator(ShopLocation)
