"""What of a DXF is seen: a layer may be frozen or switched off, an element may be marked as not to be shown.

DXF reference: LAYER group 70 bit 1 (frozen), a negative group 62 (off), group 60 of an element (invisible). An element
of a block that lies on layer 0 lies on the layer of the block's reference; a frozen reference hides all of its block,
one on a layer that is off only what it hands its layer to. DEFPOINTS, and a layer whose group 290 is 0, are seen
while drawing and never on paper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from craftops.domain.files.designs import Finding, Severity

NEVER_PLOTTED = "defpoints"
MOST_NAMES = 4
NO_ALPHA = 0x02000000
"""Group 440: a value of its own (bit 25), and the lowest byte is the alpha."""


@dataclass(frozen=True, slots=True)
class BlockPlacement:
    """Where an element of a block comes to lie, and what it takes over from the block's reference."""

    matrix: Any = None
    """ezdxf's; None outside of blocks."""
    layer: str = "0"
    colour: str = ""
    """``#rrggbb``, or empty."""

    def of(self, entity: Any) -> BlockPlacement:
        """The same for one element: on layer 0 it lies on the layer of the reference."""
        layer = str(entity.dxf.get("layer", "0")) if entity.is_supported_dxf_attrib("layer") else "0"
        return replace(self, layer=self.layer if layer == "0" else layer)


class Sight:
    """Which elements of a document are seen, and what was passed over since they are not."""

    def __init__(self, document: Any, *, everything: bool = False) -> None:
        self.frozen: set[str] = set()
        self.off: set[str] = set()
        self.unplotted: set[str] = set()
        self.passed: Counter[str] = Counter()
        self.not_for_paper: Counter[str] = Counter()
        self.hid = False
        self.everything = everything
        for layer in () if everything else document.layers:
            name = str(layer.dxf.name).lower()
            if layer.is_frozen():
                self.frozen.add(name)
            if layer.is_off():
                self.off.add(name)
            if layer.transparency >= 1.0:
                self.off.add(name)
            if not layer.dxf.get("plot", 1):
                self.unplotted.add(name)

    def hides(self, entity: Any, layer: str) -> bool:
        """Whether nobody sees this element, which lies on this layer; if so, it is counted."""
        if self.everything:
            return False
        name = layer.lower()
        unseen = name in self.frozen or name == NEVER_PLOTTED
        if entity.dxftype() != "INSERT":
            unseen = unseen or name in self.off
        if unseen or _is_invisible(entity):
            self.hid = True
            self.passed[layer if unseen else ""] += 1
            return True
        if name in self.unplotted and entity.dxftype() != "INSERT":
            self.hid = True
            self.not_for_paper[layer] += 1
            return True
        return False

    def findings(self) -> Iterable[Finding]:
        """What was passed over, in a sentence."""
        if count := sum(self.passed.values()):
            lie = "One element is" if count == 1 else f"{count:,} elements are"
            sentence = f"{lie} hidden in it{_which(self.passed)}; we left out what is not seen."
            yield Finding("hidden", Severity.NOTE, sentence, "Switch on what is to be made, and save it again.")
        if count := sum(self.not_for_paper.values()):
            lie = "One element lies" if count == 1 else f"{count:,} elements lie"
            sentence = f"{lie} on a layer that is never printed{_which(self.not_for_paper)}; we left that out."
            yield Finding("unplotted", Severity.WARNING, sentence, "Should it be made? Then let its layer be printed.")

    def say_no_more(self) -> None:
        """What was passed over has been told."""
        self.passed.clear()
        self.not_for_paper.clear()


def _is_invisible(entity: Any) -> bool:
    """Marked as not to be shown (group 60), or seen through wholly (group 440, an alpha of 0)."""
    if not entity.is_supported_dxf_attrib("invisible"):
        return False
    seen_through = int(entity.dxf.get("transparency") or 0) if entity.is_supported_dxf_attrib("transparency") else 0
    return bool(entity.dxf.get("invisible", 0)) or seen_through == NO_ALPHA


def _which(passed: Counter[str]) -> str:
    names = [f"“{name[:40]}”" for name in passed if name]
    return f" (layer {', '.join(names[:MOST_NAMES])}{' …' if len(names) > MOST_NAMES else ''})" if names else ""


def all_hidden() -> Finding:
    """For a drawing of which nothing is seen, so that all of it was taken."""
    sentence = "All that is in it is hidden or switched off; we took it all the same."
    return Finding("all_hidden", Severity.WARNING, sentence, "Please compare the picture.")
