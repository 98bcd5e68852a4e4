"""How soon an order that is being written would be ready."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderSpeed:
    """What the form says above the price (``portal/_order_price.html``). Windows as people read them; empty where there
    is nothing to say yet."""

    usual: str = ""
    rush: str = ""
    share: str = ""
    """What a rush costs more: "25 %"."""
    chosen: bool = False
    """The customer wants it as a rush, and there is one to be had."""
    refused: bool = False
    """They want one, and there is none to be had by now."""
    cautions: tuple[tuple[str, str], ...] = ()
    """Lines against whose making something speaks: title, and what."""

    @property
    def offered(self) -> bool:
        """Whether there is anything to choose."""
        return bool(self.rush)
