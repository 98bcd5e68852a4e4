"""What a theme is: a folder with ``templates/``, ``static/`` and ``tokens.css``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme. A template is looked up in the theme, then its parent, then the core; ``~name`` in an
    ``extends`` or ``include`` means the same template one layer below."""

    name: str
    title: str
    folder: Path
    parent: str = ""
    accent: str = ""
    """The colour that it was made with, ``#rrggbb``: it counts where a shop has set none of its own."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Sentences that it words anew, by name (``craftops.domain.shop.look.SENTENCES``); the shop's own go first."""
