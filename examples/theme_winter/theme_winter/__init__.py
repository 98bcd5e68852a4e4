"""A look for the winter: cool paper, fir green, a line of greeting above the orders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.settings import NoSettings
from craftops.sdk.theme import Theme


class WinterTheme(Plugin[NoSettings]):
    """Brings the theme ``winter``."""

    name = "theme_winter"
    title = "Winter"
    summary = "Cool paper, fir green, and a greeting above the orders."

    @hookimpl
    def register_themes(self) -> Iterable[Theme]:
        return [Theme("winter", self.title, Path(__file__).parent, parent="workshop")]


PLUGIN = WinterTheme
