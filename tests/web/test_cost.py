"""What a page costs, counted: seconds belong to ``benchmarks/``, queries can be a law."""

from __future__ import annotations

import logging

from craftops.testing.workshop import Browser, Workshop


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
    log, counter = logging.getLogger("peewee"), Queries()
    before = log.level
    log.addHandler(counter)
    log.setLevel(logging.DEBUG)
    try:
        browser.see(path)
    finally:
        log.removeHandler(counter)
        log.setLevel(before)
    return counter.said


def test_an_order_page_needs_eight_queries_at_every_stage(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada", quantity=30)
    ada = workshop.browser("ada")
    said = asked(ada, f"/orders/{order.code}")
    assert 1 < len(said) <= 8, said
    workshop.accept(order)
    said = asked(ada, f"/orders/{order.code}")
    assert len(said) <= 8, said
