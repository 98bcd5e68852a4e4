"""Atelier: paper, ink and a serif. For shops whose work is closer to craft than to industry."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.settings import NoSettings
from craftops.sdk.theme import Theme


class AtelierTheme(Plugin[NoSettings]):
    """Brings the theme ``atelier``."""

    name = "theme_atelier"
    title = "Atelier"
    summary = "Warm paper and a serif; the stages stand in a row like a printed card."

    @hookimpl
    def register_themes(self) -> Iterable[Theme]:
        return [Theme("atelier", self.title, Path(__file__).parent)]


PLUGIN = AtelierTheme
