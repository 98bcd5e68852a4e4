"""The protocol's own conformance suite against ``craftops mcp``: every scenario that needs no tools of the suite's own."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from pathlib import Path

import pytest
from peers.conftest import node_with

from craftops.processes.ports import free_port
from craftops.testing import Workshop

SUITE = os.environ.get("CRAFTOPS_MCP_CONFORMANCE", "@modelcontextprotocol/conformance@0.1")
APPLY = {
    "server-initialize", "ping", "tools-list", "tools-call-error", "server-sse-multiple-streams", "resources-list",
    "prompts-list", "dns-rebinding-protection",
}  # fmt: skip
"""All others call tools, resources or prompts that the suite wants a server to have for it (``test_image_content`` …),
or things that we do not offer: completion, sampling, elicitation, log levels."""


def test_what_applies_passes(workshop: Workshop, tmp_path: Path) -> None:
    if os.environ.get("CRAFTOPS_SERVICES") != "required":
        pytest.skip("the conformance suite is installed and run only in CI (CRAFTOPS_SERVICES=required)")
    import uvicorn

    from craftops.processes.mcp_server import http_app

    program, folder = node_with(SUITE)
    port = free_port("127.0.0.1")
    app = http_app(workshop.shop, port, tokens=False)
    running = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive()
    suite = folder / "node_modules" / SUITE.rpartition("@")[0] / "dist" / "index.js"
    said = subprocess.run(
        [program, suite, "server", "--url", f"http://127.0.0.1:{port}/mcp"], cwd=tmp_path, capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip
    running.should_exit = True
    thread.join()
    passed = set(re.findall(r"^✓ ([\w-]+): [1-9]\d* passed, 0 failed$", said.stdout, re.MULTILINE))
    assert passed >= APPLY, said.stdout[-3000:] + said.stderr[-2000:]
