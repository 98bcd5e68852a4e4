"""What a theme is: a folder with ``theme.toml``, ``templates/``, ``static/`` and ``tokens.css``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme. A template is looked up in the theme, then its parent, then the core; ``~name`` in an
    ``extends`` or ``include`` means the same template one layer below."""

    name: str
    title: str
    folder: Path
    parent: str = ""
