"""From a provider's signed webhook to the open page that says paid, in a shop that runs as it does anywhere.

``python -m benchmarks --only paid``. The demo's local Stripe holds its words back until the payer has paid, then posts
them; a reader of the invoice's page, whose stream is open, takes the page anew whenever it is told to, as a browser
does. The clock runs from the moment at which the words are let go until "paid" has been read.
"""

from __future__ import annotations

import http.client
import json
import statistics
import time
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.common import Result, median
from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.domain.billing.documents import DocumentKind, DocumentLine
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.domain.people.access import SYSTEM
from craftops.services.billing import invoicing, paying, printing
from craftops.services.shop.context import Shop
from craftops.store.database import close_database, connected, unit_of_work, utcnow
from craftops.store.models import AccountRow, InvoiceRow
from craftops.web.billing.links import invoice_token

ROUNDS = 40
P95_MS = 500.0
PAID = b"This is paid"
WAIT_S = 20.0
TAX = Tax(TaxCategory.STANDARD, 1900)


class Till:
    """The local Stripe of the demo, at its controls."""

    def __init__(self, data: Path) -> None:
        told = tomllib.loads((data / "shop.toml").read_text())["plugin"]["payment_stripe"]["api_base"]
        at = urlsplit(told)
        self.link = http.client.HTTPConnection(at.hostname or "", at.port, timeout=WAIT_S)

    def do(self, what: str, **told: Any) -> None:
        """Raises RuntimeError where it is refused."""
        self.link.request("POST", f"/_local/{what}", json.dumps(told), {"Content-Type": "application/json"})
        answer = self.link.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{what}: {answer.status} {said!r}")


class OpenPage:
    """The page of an invoice behind its link, with its stream."""

    def __init__(self, portal: str, token: str) -> None:
        base = urlsplit(portal)
        self.path = f"/pay/{token}"
        self.link = http.client.HTTPConnection(base.hostname or "", base.port, timeout=WAIT_S)
        self.stream = http.client.HTTPConnection(base.hostname or "", base.port, timeout=WAIT_S)
        if PAID in self.read():
            raise RuntimeError("the page says paid before anybody has paid")
        self.stream.request("GET", f"{self.path}/live", headers={"Accept": "text/event-stream"})
        self.answer = self.stream.getresponse()
        self._until(b"retry:")

    def read(self) -> bytes:
        self.link.request("GET", self.path)
        answer = self.link.getresponse()
        page = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{self.path}: {answer.status}")
        return page

    def _until(self, words: bytes) -> None:
        while words not in (line := self.answer.readline()):
            if not line:
                raise RuntimeError("the stream has ended")

    def wait_until_paid(self) -> None:
        while True:
            self._until(b"turbo-stream")
            if PAID in self.read():
                return

    def close(self) -> None:
        self.stream.close()
        self.link.close()


def _bill(shop: Shop, customer: AccountRow, number: int) -> InvoiceRow:
    draft = invoicing.Draft(
        DocumentKind.INVOICE, (DocumentLine("Bracket", 1, 1000 + number, TAX),), Rounding.SUM_BY_NET, f"paid-{number}"
    )
    at = utcnow() - timedelta(minutes=1)
    with unit_of_work() as uow:
        return invoicing.issue(shop, uow, draft, order=None, customer=customer, actor=SYSTEM, at=at)


def _rounds(shop: Shop, told: dict[str, Any], till: Till) -> Iterator[tuple[float, float]]:
    """How long each took, and how long the page alone takes, in ms."""
    customer = AccountRow.select().where(AccountRow.email.startswith("anna")).get()
    for number in range(ROUNDS + 1):
        invoice = _bill(shop, customer, number)
        page = OpenPage(told["portal"], invoice_token(shop, invoice))
        alone = median(page.read, 3)
        payment = paying.pay(
            shop, [invoice], "stripe", amount=None, return_url=f"{told['portal']}?session={{session}}",
            cancel_url=told["portal"], at=utcnow(),
        )  # fmt: skip
        till.do("webhooks", held=True)
        till.do(f"pay/{payment.ref}")
        began = time.perf_counter()
        till.do("release")
        page.wait_until_paid()
        taken = (time.perf_counter() - began) * 1000
        page.close()
        if number:  # the first one warms everything up
            yield taken, alone


def run(told: dict[str, Any]) -> Iterator[Result]:
    """The results, in the order in which they are told."""
    data = Path(told["data"])
    shop = open_shop(load_config(data=data, env={}))
    with connected():
        found = list(_rounds(shop, told, Till(data)))
    printing.dismiss_judge()
    close_database()
    taken, alone = zip(*found, strict=True)
    worst = sorted(taken)[int(len(taken) * 0.95)]
    yield Result("webhook → the open page says paid, p95", worst, "half a second", P95_MS, 1)
    yield Result(
        "webhook → the open page says paid, median", statistics.median(taken), "this page, asked for alone",
        statistics.median(alone), 20,
    )  # fmt: skip
