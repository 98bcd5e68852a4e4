"""Secrets of plugins are kept out of logs and of what processes print, whoever writes them there."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

SHORTEST = 6
"""Shorter ones are words that stand in every log."""


class Masker:
    """Knows the secrets; ``tell`` hears which plugin's secret was about to be written."""

    def __init__(self, tell: Callable[[str], None] = lambda _plugin: None) -> None:
        self.tell = tell
        self._secrets: dict[str, str] = {}

    def add(self, plugin: str, secrets: list[str]) -> None:
        self._secrets |= {one: plugin for one in secrets if len(one) >= SHORTEST}

    def mask(self, text: str, *, telling: bool = False) -> str:
        if not self._secrets:
            return text
        from craftops.sdk.settings import MASK  # imported here: the process that keeps the others knows no settings

        for secret, plugin in self._secrets.items():
            if secret in text:
                text = text.replace(secret, MASK)
                if telling:
                    self.tell(plugin)
        return text


_current = Masker()
_busy = threading.local()


def use(masker: Masker) -> None:
    """From now on this process masks so."""
    global _current
    _current = masker


def masked(text: str) -> str:
    """The text without secrets of plugins."""
    if getattr(_busy, "busy", False):
        return _current.mask(text)
    _busy.busy = True
    try:
        return _current.mask(text, telling=True)
    finally:
        _busy.busy = False


class MaskedStream:
    """A stream of text that writes no secret."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(masked(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guard_output() -> None:
    """Mask what this process prints and logs."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, MaskedStream):
            setattr(sys, name, MaskedStream(stream))
