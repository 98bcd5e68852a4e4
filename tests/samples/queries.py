"""What a page asks of the database, counted."""

from __future__ import annotations

import logging
from collections.abc import Callable

from craftops.testing.workshop import Browser


class Queries(logging.Handler):
    """Counts what peewee sends."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "peewee":  # not the pool, which reports to it too
            self.said.append(str(record.msg))


def asked(browser: Browser, path: str) -> list[str]:
    """The queries that a page sends, once whatever it keeps is warm."""
    browser.see(path)
    return sent_by(lambda: browser.see(path))


def sent_by(work: Callable[[], object]) -> list[str]:
    """The queries that this sends."""
    log, counter = logging.getLogger("peewee"), Queries()
    before = log.level
    log.addHandler(counter)
    log.setLevel(logging.DEBUG)
    try:
        work()
    finally:
        log.removeHandler(counter)
        log.setLevel(before)
    return counter.said
