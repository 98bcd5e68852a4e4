"""The style sheet of a look: the theme's tokens, and what is derived from the shop's colours. Made once and kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from craftops.domain.shop.look import CORNERS, ROOM, TYPES, ShopLook
from craftops.domain.shop.palette import grounds_of, settled, signals
from craftops.domain.shop.token_sheet import colours_of

CORE_TOKENS = Path(__file__).parents[2] / "static" / "css" / "tokens.css"
DERIVED = ("brand", "on-brand", "brand-hover", "brand-edge", "brand-ink", "accent-soft")
DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
Stamped = tuple[Path, int]
"""A file, and when it was changed."""


@dataclass(frozen=True, slots=True)
class Paint:
    """What decides about colours and shape of a look; ``brand`` is the shop's colour."""

    brand: str
    ground: str = ""
    target: float = 4.5
    type: str = ""
    corners: str = ""
    room: str = ""

    @property
    def shape(self) -> dict[str, str]:
        return {**TYPES.get(self.type, {}), **CORNERS.get(self.corners, {}), **ROOM.get(self.room, {})}


def paint_of(look: ShopLook, brand: str) -> Paint:
    """Of a look, in a shop of that colour."""
    return Paint(look.accent or brand, look.ground, look.contrast, look.type, look.corners, look.room)


def stamped(paths: list[Path]) -> tuple[Stamped, ...]:
    """Those of the files that are there."""
    found = []
    for path in paths:
        try:
            found.append((path, path.stat().st_mtime_ns))
        except OSError:
            continue
    return tuple(found)


@lru_cache(maxsize=256)
def _text(file: Stamped) -> str:
    return file[0].read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def _said(layers: tuple[Stamped, ...], dark: bool) -> dict[str, str]:
    return colours_of(CORE_TOKENS.read_text(encoding="utf-8"), *map(_text, layers), dark=dark)


@lru_cache(maxsize=64)
def tokens(layers: tuple[Stamped, ...], paint: Paint, *, dark: bool) -> Mapping[str, str]:
    """Every colour of a look, by day or by night. ``layers``: sheets of the theme's parents, the theme, the shop."""
    base = {name: value for name, value in _said(layers, dark).items() if name not in DERIVED}
    if paint.ground:
        base |= {**grounds_of(paint.ground, dark=dark), **signals(dark=dark)}
    return settled(base, paint.brand, dark=dark, target=paint.target)


def _block(values: Mapping[str, str]) -> str:
    return "{ " + " ".join(f"--{name}: {value};" for name, value in values.items()) + " }"


def derived(layers: tuple[Stamped, ...], paint: Paint) -> str:
    """Only what the look says beside the theme."""
    blocks = []
    for dark in (False, True):
        said = _said(layers, dark)
        made = tokens(layers, paint, dark=dark)
        blocks.append({name: value for name, value in made.items() if name in DERIVED or said.get(name) != value})
    light, night = _block({**paint.shape, **blocks[0]}), _block(blocks[1])
    return (
        f":root {light}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-scheme=light]) {night} }}\n"
        f":root[data-scheme=dark] {night}\n"
    )


def exported(layers: tuple[Stamped, ...], paint: Paint) -> str:
    """What a look says beside its theme, as the ``tokens.css`` of a theme of its own. The colours that come of a shop's
    accent are not in it: they are made wherever it is worn."""
    blocks = []
    for dark in (False, True):
        said = _said(layers, dark)
        made = tokens(layers, paint, dark=dark)
        blocks.append({name: value for name, value in made.items() if name not in DERIVED and said.get(name) != value})
    light, night = _block({**paint.shape, **blocks[0]}), _block(blocks[1])
    by_night = f"  @media (prefers-color-scheme: dark) {{\n    :root {night}\n  }}\n"
    return f"@layer theme {{\n  :root {light}\n{by_night}}}\n"


@lru_cache(maxsize=64)
def sheet(layers: tuple[Stamped, ...], own: tuple[Stamped, ...], paint: Paint, scheme: str = "") -> str:
    """The whole sheet of a look. ``own``: what the shop's folder adds, which has the last word. ``scheme``: "light" or
    "dark" show the one whatever the reader's device asks for, as a preview does."""
    parts = [*map(_text, layers), derived((*layers, *own), paint), *map(_text, own)]
    if not scheme:
        return "\n".join(parts)
    core = CORE_TOKENS.read_text(encoding="utf-8")
    parts = [core[core.index("@layer tokens {") :], *parts, f":root {{ color-scheme: {scheme}; }}"]
    return DARK.sub("@media all" if scheme == "dark" else "@media not all", "\n".join(parts))
