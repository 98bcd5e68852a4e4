"""Which pages a theme may write anew, which blocks they have, and which values they find: as the core's own say it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, meta, nodes

from craftops.web.frame.keeping import KeepExtension

TEMPLATES = Path(__file__).parents[2] / "templates"
FOLDERS = ("portal", "first", "signin", "mail")
"""What customers and visitors see; the staff's pages and the set-up are the core's."""
EVERYWHERE = frozenset(
    {
        "direction", "flashes", "in_settings", "language", "languages", "menu", "script_words", "settings_menu", "shop",
        "theme", "this_minute", "viewer", "word", "zone",
    }
)  # fmt: skip
"""Values that every page finds, besides the functions of ``FUNCTIONS``."""
FUNCTIONS = frozenset(
    {
        "csrf_token", "icon", "kept", "live_address", "nonce", "options", "places_here", "request", "sheet_address",
        "sprite", "static", "theme_asset", "ui", "url_for", "range", "dict", "namespace",
    }
)  # fmt: skip
FILTERS = ("moment", "told")
"""Of ours."""


@dataclass(frozen=True, slots=True)
class ThemePage:
    """One template."""

    name: str
    blocks: tuple[str, ...]
    """That a theme may fill anew, without those of ``base.html``."""
    values: tuple[str, ...]
    """What it finds, with the parts of it that it shows: "page.lines"."""


def pages() -> Iterator[ThemePage]:
    """All of them, by name; what begins with _ is a part of others."""
    reader = Environment(autoescape=True, extensions=[KeepExtension])
    reader.filters.update(dict.fromkeys(FILTERS, str))
    for folder in FOLDERS:
        for path in sorted((TEMPLATES / folder).glob("*.*")):
            if not path.name.startswith("_"):
                tree = reader.parse(path.read_text(encoding="utf-8"))
                blocks = tuple(dict.fromkeys(one.name for one in tree.find_all(nodes.Block)))
                yield ThemePage(f"{folder}/{path.name}", blocks, _values(tree))


def _values(tree: nodes.Template) -> tuple[str, ...]:
    found = meta.find_undeclared_variables(tree) - EVERYWHERE - FUNCTIONS
    parts = {name: set[str]() for name in found}
    for one in tree.find_all(nodes.Getattr):
        if isinstance(one.node, nodes.Name) and one.node.name in parts:
            parts[one.node.name].add(one.attr)
    return tuple(
        text for name in sorted(found) for text in (sorted(f"{name}.{part}" for part in parts[name]) or [name])
    )


def as_table() -> str:
    """As ``docs/theme-pages.md`` has it."""
    rows = ["| template | blocks | what it finds |", "|---|---|---|"]
    for one in pages():
        blocks = " ".join(f"`{name}`" for name in one.blocks)
        values = " ".join(f"`{name}`" for name in one.values)
        rows.append(f"| `{one.name}` | {blocks} | {values} |")
    return "\n".join(rows) + "\n"
