"""What every process of ours does at its start: one log format, a clean SIGTERM, an end when its parent ends, quiet
memory."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import re
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import orjson

from craftops.plugin_host.masking import guard_output, masked
from craftops.processes.service_unit import ServiceUnit
from craftops.store.doorbell import Doorbells, bell_folder

SUPERVISED = "CRAFTOPS_SUPERVISED"
READY = "CRAFTOPS_READY"
"""The number of the descriptor by which a web process tells the supervisor that it answers."""
LOG_FORMAT = "CRAFTOPS_LOG_FORMAT"
DEMO = "CRAFTOPS_DEMO"
"""Set by ``craftops demo``: nobody's secrets, and links for signing in are wanted in the log."""
DEMO_SPEED = 30.0
"""Machine seconds in a second of the demo."""
HIDDEN = "[hidden]"
SECRETS = (
    re.compile(r"(?i)(?<=bearer )\S+"),
    re.compile(
        r"(?i)(?<![a-z])(?:code|token|password|passwort|secret|api_?key|key)(?:['\"]?\s*[=:]\s*['\"]?)([^\s&'\",}]+)"
    ),
    re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+"),
    re.compile(r"(?:sk|rk|whsec)_[A-Za-z0-9_]{8,}"),
    re.compile(r"craftops_[\w-]{16,}"),
    re.compile(r"(?<=://)[^/\s@]*:[^/\s@]+(?=@)"),
    re.compile(r"(?<=/)(?=[^\s/?#]*\d|[^\s/?#]*[A-Z])[\w~-]{22,}(?![\w~.-])"),
)
"""What is never written to a log of a real shop: credentials, and addresses that let their holder in."""


def without_secrets(text: str) -> str:
    """The text with everything hidden that looks like a secret."""
    text = masked(text)
    for pattern in SECRETS:
        text = pattern.sub(_hide, text)
    return text


def _hide(found: re.Match[str]) -> str:
    if found.re.groups and found[1] is not None:
        return found[0][: found.start(1) - found.start()] + HIDDEN
    return HIDDEN


FURTHER = "\n  | "
"""Begins every line but the first of what is logged: what somebody sent cannot look like a line of ours."""


class _Hiding(logging.Formatter):
    """One line of text, and what a traceback says below it."""

    def format(self, record: logging.LogRecord) -> str:
        said = super().format(record).replace("\r", "\\r").replace("\n", FURTHER)
        return masked(said) if os.environ.get(DEMO) == "1" else without_secrets(said)


class _Json(logging.Formatter):
    """One JSON object a line: at, level, process, logger, message; error for a traceback."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = without_secrets(self.formatException(record.exc_info))
        return orjson.dumps(line).decode()


def set_up_log(name: str, form: str = "text") -> None:
    """Everything to standard error, one line each, with the name of the process; ``form`` is text or json."""
    guard_output()
    form = os.environ.get(LOG_FORMAT, form)
    handler = logging.StreamHandler(sys.stderr)
    text = f"%(asctime)s {name:<7} %(levelname)-7s %(name)s: %(message)s"
    handler.setFormatter(_Json(name) if form == "json" else _Hiding(text, datefmt="%H:%M:%S"))
    logging.basicConfig(level=os.environ.get("CRAFTOPS_LOG", "INFO").upper(), handlers=[handler], force=True)
    for loud in ("huey", "amqtt", "transitions", "stripe"):
        logging.getLogger(loud).setLevel(logging.WARNING)


def stop_event(data: Path | None = None) -> threading.Event:
    """An event that SIGTERM and SIGINT set. They ring those of this process who listen for the bells of the shop at
    ``data``, too, who would look at the event within a second otherwise."""
    stop = threading.Event()
    bells = Doorbells(bell_folder(data)) if data is not None else None

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        if bells is not None:
            bells.ring(process=os.getpid())

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop


def follow_parent() -> None:
    """End with the supervisor, however it ends: it holds the other end of our standard input."""
    if os.environ.get(SUPERVISED) != "1":
        return

    def wait() -> None:
        while True:
            try:
                if not os.read(0, 1):
                    break
            except OSError:
                break
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


SELDOM = (5_000, 20, 20)
"""Python looks through its youngest objects after so many, and through older ones after so many such looks; its own
(700, 10, 10) is reached by each page."""


def settle() -> None:
    """A process has started: what it holds now it holds to its end, and no collection looks through it any more. One
    that does takes as long as twenty pages, in the middle of one."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


def tell_ready() -> None:
    """Tell the supervisor or systemd, if there is one that wants to know, that this process works from now on."""
    number = os.environ.pop(READY, "")
    if number:
        with contextlib.suppress(OSError), os.fdopen(int(number), "wb") as pipe:
            pipe.write(b"1")
    ServiceUnit().ready()
