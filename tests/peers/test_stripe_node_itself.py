"""The local Stripe, walked by Stripe's own client for Node: pay, refund, dispute, webhook."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from peers.conftest import node_with

from craftops.processes.ports import free_port
from craftops.testing.stripe import LocalStripe

WALK = Path(__file__).parent / "stripe_walk.mjs"
CLIENT = os.environ.get("CRAFTOPS_STRIPE_NODE", "stripe@23")


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    if os.environ.get("CRAFTOPS_SERVICES") != "required":
        pytest.skip("Stripe's client for Node is installed and run only in CI (CRAFTOPS_SERVICES=required)")
    program, folder = node_with(CLIENT)
    port = free_port("127.0.0.1")
    with LocalStripe(webhooks=[f"http://127.0.0.1:{port}/hook"]) as local:
        said = subprocess.run(
            [program, WALK, folder, local.address, local.key, local.secret, str(port)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert said.returncode == 0, said.stderr[-3000:]
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def test_it_pays(seen: dict[str, Any]) -> None:
    assert seen["paid"] == ["paid", 12_345, 12_345 - 210]
    assert seen["there"] is True
    assert seen["line"] == "Invoice R-1"
    assert seen["debit"] == ["unpaid", "paid"]
    assert seen["expired"] == "expired"


def test_it_repeats(seen: dict[str, Any]) -> None:
    assert seen["same"] is True
    assert seen["mismatch"] == "StripeIdempotencyError"
    assert seen["unknown"] == "StripeInvalidRequestError parameter_unknown"
    assert seen["key"].startswith("StripeAuthenticationError")


def test_it_refunds_and_disputes(seen: dict[str, Any]) -> None:
    assert seen["refund"] == ["succeeded", 345]
    assert seen["more"].startswith("StripeInvalidRequestError")
    assert seen["dispute"] == "won"


def test_it_lists_in_pages_and_believes_every_word(seen: dict[str, Any]) -> None:
    assert seen["customers"] == ["2@example.org", "1@example.org", "0@example.org"]
    assert len(seen["events"]) == seen["listed"] == seen["forged"]
    assert {"checkout.session.completed", "checkout.session.async_payment_succeeded", "refund.created"} <= set(
        seen["events"]
    )
