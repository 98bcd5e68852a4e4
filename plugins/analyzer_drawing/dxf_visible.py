"""What of a DXF is seen: a layer may be frozen or switched off, an element may be marked as not to be shown.

DXF reference: LAYER group 70 bit 1 (frozen), a negative group 62 (off), group 60 of an element (invisible). An element
of a block that lies on layer 0 lies on the layer of the block's reference; a frozen reference hides all of its block,
one on a layer that is off only what it hands its layer to. DEFPOINTS is seen while drawing and never on paper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from craftops.domain.files.designs import Finding, Severity

NEVER_PLOTTED = "defpoints"
MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element of a block comes to lie, and what it takes over from the block's reference."""

    matrix: Any = None
    """ezdxf's; None outside of blocks."""
    layer: str = "0"
    colour: str = ""
    """``#rrggbb``, or empty."""

    def of(self, entity: Any) -> Place:
        """The same for one element: on layer 0 it lies on the layer of the reference."""
        layer = str(entity.dxf.get("layer", "0"))
        return replace(self, layer=self.layer if layer == "0" else layer)


class Sight:
    """Which elements of a document are seen, and what was passed over since they are not."""

    def __init__(self, document: Any, *, everything: bool = False) -> None:
        self.frozen: set[str] = set()
        self.off: set[str] = set()
        self.passed: Counter[str] = Counter()
        self.hid = False
        self.everything = everything
        for layer in () if everything else document.layers:
            name = str(layer.dxf.name).lower()
            if layer.is_frozen():
                self.frozen.add(name)
            if layer.is_off():
                self.off.add(name)

    def hides(self, entity: Any, layer: str) -> bool:
        """Whether nobody sees this element, which lies on this layer; if so, it is counted."""
        if self.everything:
            return False
        name = layer.lower()
        unseen = name in self.frozen or name == NEVER_PLOTTED
        if entity.dxftype() != "INSERT":
            unseen = unseen or name in self.off
        if not unseen and not entity.dxf.get("invisible", 0):
            return False
        self.hid = True
        self.passed[layer if unseen else ""] += 1
        return True

    def findings(self) -> Iterable[Finding]:
        """What was passed over, in a sentence."""
        count = sum(self.passed.values())
        if not count:
            return
        names = [f"“{name[:40]}”" for name in self.passed if name]
        which = f" (layer {', '.join(names[:MOST_NAMES])}{' …' if len(names) > MOST_NAMES else ''})" if names else ""
        lie = "One element is" if count == 1 else f"{count:,} elements are"
        sentence = f"{lie} hidden in it{which}; we left out what is not seen."
        yield Finding("hidden", Severity.NOTE, sentence, "Switch on what is to be made, and save it again.")

    def say_no_more(self) -> None:
        """What was passed over has been told."""
        self.passed.clear()


def all_hidden() -> Finding:
    """For a drawing of which nothing is seen, so that all of it was taken."""
    sentence = "All that is in it is hidden or switched off; we took it all the same."
    return Finding("all_hidden", Severity.WARNING, sentence, "Please compare the picture.")
