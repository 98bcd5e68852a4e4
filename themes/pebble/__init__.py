"""Pebble: round, soft and roomy. For shops whose customers order one thing, for the first time, on a phone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.settings import NoSettings
from craftops.sdk.theme import Theme


class PebbleTheme(Plugin[NoSettings]):
    """Brings the theme ``pebble``."""

    name = "theme_pebble"
    title = "Pebble"
    summary = (
        "Round shapes, large friendly letters and much room; the sentence of the order stands on the shop's colour."
    )

    @hookimpl
    def register_themes(self) -> Iterable[Theme]:
        return [Theme("pebble", self.title, Path(__file__).parent)]


PLUGIN = PebbleTheme
