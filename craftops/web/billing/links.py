"""Addresses of quotes and invoices that open without signing in: who has the link may look, answer and pay.

A link is the row's id and a keyed hash of id and nonce (160 bits): nothing that opens it is stored, and another nonce
ends it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Protocol

from flask import url_for

from craftops.errors import AccessError
from craftops.services.shop.context import Shop
from craftops.store.queries import billing_pages
from craftops.store.views.billing import StoredQuote, WholeInvoice

TOKEN = re.compile(r"([0-9]{1,15})-([a-z2-7]{32})")


def _mac(secret: str, what: str, row_id: int, nonce: str) -> str:
    key = hashlib.sha256(b"craftops.billing.links.1:" + secret.encode()).digest()
    digest = hmac.new(key, f"{what}:{row_id}:{nonce}".encode(), hashlib.sha256).digest()[:20]
    return base64.b32encode(digest).decode().lower()


def _is_ours(shop: Shop, mac: str, what: str, row_id: int, nonce: str) -> bool:
    """Whether a key of ours has made it, or one of before that still counts."""
    keys = shop.config.signing_keys()
    return any(hmac.compare_digest(mac, _mac(key, what, row_id, nonce)) for key in keys)


class Linked(Protocol):
    """A quote or an invoice, as its page or a list has it."""

    @property
    def id(self) -> int: ...
    @property
    def nonce(self) -> str: ...


def quote_token(shop: Shop, row: Linked) -> str:
    return f"{row.id}-{_mac(shop.config.secret_key(), 'quote', row.id, row.nonce)}"


def invoice_token(shop: Shop, row: Linked) -> str:
    return f"{row.id}-{_mac(shop.config.secret_key(), 'invoice', row.id, row.nonce)}"


def quote_url(shop: Shop, row: Linked, *, external: bool = False) -> str:
    """The page on which a quote is read and answered."""
    return url_for("quote.page", token=quote_token(shop, row), _external=external)


def invoice_url(shop: Shop, row: Linked, *, external: bool = False) -> str:
    """The durable page of an invoice."""
    return url_for("pay.page", token=invoice_token(shop, row), _external=external)


def _id_of(token: str) -> tuple[int, str]:
    found = TOKEN.fullmatch(token)
    if found is None:
        raise AccessError
    return int(found[1]), found[2]


def read_quote(shop: Shop, token: str) -> StoredQuote:
    """The quote of a link. Raises AccessError for one that is not ours, or not any more."""
    quote_id, mac = _id_of(token)
    found = billing_pages.quote(quote_id)
    if found is None or found.document is None or not _is_ours(shop, mac, "quote", found.id, found.nonce):
        raise AccessError
    return found


def read_invoice(shop: Shop, token: str) -> WholeInvoice:
    """The invoice of a link. Raises AccessError for one that is not ours, or not any more."""
    invoice_id, mac = _id_of(token)
    found = billing_pages.whole_invoice(invoice_id)
    if found is None or not _is_ours(shop, mac, "invoice", found.id, found.nonce):
        raise AccessError
    return found
