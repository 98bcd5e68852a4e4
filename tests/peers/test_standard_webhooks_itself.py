"""What a shop sends is verified by the npm library of Standard Webhooks, with each of two secrets."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from peers.conftest import node_with
from samples.hook_desk import HookDesk

from craftops.services.integrations import endpoints
from craftops.services.integrations.endpoints import EndpointDraft
from craftops.store.database import utcnow
from craftops.testing import Workshop

VERIFY = Path(__file__).parent / "webhook_verify.mjs"
LIBRARY = os.environ.get("CRAFTOPS_STANDARD_WEBHOOKS_NODE", "standardwebhooks@1")


def test_it_believes_each_of_two_secrets_and_nothing_forged(workshop: Workshop, tmp_path: Path) -> None:
    if os.environ.get("CRAFTOPS_SERVICES") != "required":
        pytest.skip("the npm library is installed and run only in CI (CRAFTOPS_SERVICES=required)")
    program, folder = node_with(LIBRARY)
    desk, olga = HookDesk(), workshop.actor("olga")
    draft = EndpointDraft(desk.address, "Node", ("order.created", "file.judged"), inside=True)
    row, old = endpoints.add(workshop.shop, draft, actor=olga, at=utcnow())
    new = endpoints.new_secret(workshop.shop, row.id, actor=olga, at=utcnow())
    workshop.place("ada", instructions="Ä, 漢字 und \u202e")
    workshop.run_due()
    desk.close()
    sent = [
        {"body": body.decode(), "headers": headers} for body, headers in zip(desk.bodies, desk.headers, strict=True)
    ]  # fmt: skip
    (tmp_path / "sent.json").write_text(json.dumps(sent))
    for secret in (old, new):
        asked = [program, VERIFY, folder, secret, tmp_path / "sent.json"]
        said = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
        assert said.returncode == 0, said.stderr[-3000:]
        seen = json.loads(said.stdout)
        assert sorted(seen["types"]) == ["file.judged", "order.created"]
        assert seen["forged"] == 2
