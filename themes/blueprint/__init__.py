"""Blueprint: a technical drawing. For shops whose customers read drawings, and want much on one page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.settings import NoSettings
from craftops.sdk.theme import Theme


class BlueprintTheme(Plugin[NoSettings]):
    """Brings the theme ``blueprint``."""

    name = "theme_blueprint"
    title = "Blueprint"
    summary = "Ruled paper, square frames and a drawing's lettering; much on one page, cyan lines on blue by night."

    @hookimpl
    def register_themes(self) -> Iterable[Theme]:
        return [Theme("blueprint", self.title, Path(__file__).parent)]


PLUGIN = BlueprintTheme
