"""Workshop: crisp, cool, technical. The theme that a shop starts with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.settings import NoSettings
from craftops.sdk.theme import Theme


class WorkshopTheme(Plugin[NoSettings]):
    """Brings the theme ``workshop``."""

    name = "theme_workshop"
    title = "Workshop"
    summary = "Crisp and technical; takes the shop's colour for its accent."

    @hookimpl
    def register_themes(self) -> Iterable[Theme]:
        return [Theme("workshop", self.title, Path(__file__).parent)]


PLUGIN = WorkshopTheme
