"""Calling a stranger's code: it may raise anything, end the process, or never come back."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
LONGEST_TEXT = 300
RAISED = (Exception, SystemExit)
"""What a stranger's code may raise and nobody shall die of: in a thread ``SystemExit`` ends it without a word."""


class TookTooLong(Exception):
    """A call has not come back; its thread goes on, and nobody waits for it any more."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """What ``call`` returns or raises (``SystemExit`` too), in a thread of its own. Raises TookTooLong."""
    came: list[tuple[bool, Any]] = []
    context = contextvars.copy_context()

    def run() -> None:
        try:
            came.append((True, context.run(call)))
        except BaseException as error:  # noqa: BLE001 - it is raised again where it was asked for
            came.append((False, error))

    thread = threading.Thread(target=run, name="plugin", daemon=True)
    thread.start()
    thread.join(seconds)
    if not came:
        raise TookTooLong
    fine, value = came[0]
    if not fine:
        raise value
    result: T = value
    return result


def at_once(_seconds: float, call: Callable[[], T]) -> T:
    """The same without a thread and without an end, for what comes with CraftOps: a dozen plugins of ours made sixty
    threads at each start."""
    return call()


def in_words(error: BaseException) -> str:
    """An error of a stranger's code as the end of a sentence, on one line."""
    if isinstance(error, SystemExit):
        return f"it ended the process (sys.exit({error.code!r}))."
    text = " ".join(str(error).split())
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return said[:LONGEST_TEXT] if said.endswith(".") else f"{said[:LONGEST_TEXT]}."
