"""The law of a look's colours: which token must be told from which, and the colours that keep it.

Whatever brand colour comes in, what goes out is readable: words keep the wanted contrast on every ground on which they
stand, what is no word (edges, fills, dots) keeps 3 : 1 (WCAG 2.2, 1.4.3 and 1.4.11). It is a pure function: the same
colours in, the same tokens out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from craftops.domain.shop.colour import INK, WHITE, Oklch, contrast, mixed, oklch, readable

AA, AAA = 4.5, 7.0
"""Contrast of words (WCAG 2.2, 1.4.3 and 1.4.6)."""
CONTROL = 3.0
"""Contrast of what is no word (WCAG 2.2, 1.4.11)."""
Tokens = Mapping[str, str]
"""Name of a token without its dashes -> ``#rrggbb``."""


@dataclass(frozen=True, slots=True)
class ContrastRule:
    """``token`` stands on each of ``grounds``; as words, or else as an edge or a fill."""

    token: str
    grounds: tuple[str, ...]
    words: bool = True

    def wanted(self, target: float) -> float:
        return target if self.words else CONTROL


PLAIN = ("surface", "ground", "sunken")
RULES = (
    ContrastRule("text", (*PLAIN, "accent-soft", "good-soft", "warn-soft", "bad-soft", "calm-soft")),
    ContrastRule("muted", (*PLAIN, "accent-soft")),
    ContrastRule("brand-ink", (*PLAIN, "accent-soft")),
    ContrastRule("good", ("good-soft", *PLAIN)),
    ContrastRule("warn", ("warn-soft", *PLAIN)),
    ContrastRule("bad", ("bad-soft", *PLAIN)),
    ContrastRule("calm", ("calm-soft", *PLAIN)),
    ContrastRule("on-brand", ("brand", "brand-hover")),
    ContrastRule("brand-edge", PLAIN, words=False),
    ContrastRule("edge", ("surface", "ground"), words=False),
)  # fmt: skip
"""What every look must keep; ``craftops theme check`` and the derivation below go by the same table."""


@dataclass(frozen=True, slots=True)
class ContrastFault:
    """A pair that cannot be told apart well enough."""

    token: str
    ground: str
    found: float
    wanted: float


def broken_rules(tokens: Tokens, target: float = AA) -> tuple[ContrastFault, ...]:
    """Every pair of the table that these tokens do not keep. Tokens that are not there are not judged."""
    return tuple(
        ContrastFault(rule.token, ground, contrast(tokens[rule.token], tokens[ground]), rule.wanted(target))
        for rule in RULES
        for ground in rule.grounds
        if rule.token in tokens and ground in tokens
        and contrast(tokens[rule.token], tokens[ground]) < rule.wanted(target)
    )  # fmt: skip


HUES = {"good": 152.0, "warn": 72.0, "bad": 27.0, "calm": 252.0}
_CHROMA = {"good": 0.115, "warn": 0.11, "bad": 0.175, "calm": 0.11}


def grounds_of(ground: str, *, dark: bool) -> dict[str, str]:
    """The neutral tokens of a look whose paper has the hue of ``ground``. A paper is light by day and dark by night:
    of the wanted colour the hue stays, and as much of its strength as leaves words readable."""
    wished = oklch(ground)
    hue, tint = wished.hue, min(wished.chroma, 0.045)
    if dark:
        paper = min(0.24, max(0.14, wished.light if wished.light < 0.5 else 0.185))
        grey, tone = min(tint, 0.035), max(0.006, min(tint, 0.03))
        made = {"ground": (paper, grey), "surface": (paper + 0.04, grey), "sunken": (paper + 0.08, grey),
                "hairline": (paper + 0.14, tone), "edge": (0.6, tone), "text": (0.945, tone / 3),
                "muted": (0.745, tone / 1.5)}  # fmt: skip
    else:
        paper = min(0.985, max(0.93, wished.light if wished.light > 0.5 else 0.972))
        made = {"ground": (paper, tint), "surface": (min(1.0, paper + 0.022), tint / 2.5),
                "sunken": (paper - 0.028, tint), "hairline": (paper - 0.085, tint), "edge": (0.59, tint),
                "text": (0.245, min(0.03, tint + 0.008)), "muted": (0.465, min(0.035, tint + 0.008))}  # fmt: skip
    return {token: Oklch(light, chroma, hue).hex for token, (light, chroma) in made.items()}


def signals(*, dark: bool) -> dict[str, str]:
    """The hues of states, and the soft grounds of their words."""
    made = {}
    for name, hue in HUES.items():
        made[name] = Oklch(0.81 if dark else 0.485, _CHROMA[name] * (0.85 if dark else 1), hue).hex
        made[f"{name}-soft"] = Oklch(0.315 if dark else 0.952, 0.052 if dark else 0.034, hue).hex
    return made


def fill_of(colour: str, target: float) -> tuple[str, str, str]:
    """The fill nearest to ``colour`` that bears words, the colour of those words, and the fill under a pointer. White
    words wherever a little darkening allows them, ink on what is light by nature."""
    start = oklch(colour)
    found: list[tuple[float, str, str, float]] = []
    for step in range(101):
        if found and step / 100 > min(found)[0]:
            break
        for light in sorted({start.light - step / 100, start.light + step / 100}):
            fill = start.at(light).hex if step else colour
            found += [
                (step / 100 + cost, fill, words, light)
                for words, cost in ((WHITE, 0.0), (INK, 0.05))
                if 0 <= light <= 1 and contrast(fill, words) >= target
            ]
    _cost, fill, words, light = min(found)
    away = -0.05 if words == WHITE else 0.05
    hover = start.at(light + away if 0.1 < light + away < 0.97 else light - away).hex
    return fill, words, hover if contrast(hover, words) >= target else fill


def _soft(made: Tokens, target: float, shares: tuple[float, ...]) -> str:
    """A breath of the brand colour on the surface, as much as the words on it bear."""
    for share in shares:
        soft = mixed(made["brand"], made["surface"], share)
        if contrast(made["muted"], soft) >= target + 0.02:
            break
    return soft


@lru_cache(maxsize=256)
def _settled(base: tuple[tuple[str, str], ...], brand: str, target: float, dark: bool) -> dict[str, str]:
    made = {**signals(dark=dark), **dict(base)}
    made["brand"], made["on-brand"], made["brand-hover"] = fill_of(brand, target)
    made["accent-soft"] = _soft(made, target, (0.2, 0.15, 0.1, 0.05) if dark else (0.09, 0.06, 0.03))
    made["brand-ink"], made["brand-edge"] = brand, made["brand"]
    for rule in RULES:
        if rule.token not in ("on-brand",):
            grounds = tuple(made[ground] for ground in rule.grounds)
            wanted = rule.wanted(target) + 0.02  # what is written with eight bits a channel is rounded
            made[rule.token] = readable(made[rule.token], grounds, wanted, darker=not dark)
    return made


def settled(base: Tokens, brand: str, *, dark: bool, target: float = AA) -> dict[str, str]:
    """All colours of a scheme: the neutral ones of ``base``, corrected where a rule wants it, and what the brand colour
    gives. ``base`` names at least ground, surface, sunken, text, muted and edge."""
    return dict(_settled(tuple(sorted(base.items())), brand.lower(), target, dark))
