"""What axe said of every page that the browser suite has opened, as one line each, for the accessibility report."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

NOTES = (
    Path(os.environ.get("CRAFTOPS_TEST_RESULTS", Path(__file__).parents[2] / "test-results")) / "accessibility.jsonl"
)


def axe_faults(page: Page) -> list[str]:
    """Which rules an open page breaks, where and why; what was found is noted. Several test processes write to the same
    file: a line is one write."""
    response = Axe().run(page).response
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    line = {
        "page": urlsplit(page.url).path,
        "width": page.evaluate("innerWidth"),
        "scheme": "dark" if dark else "light",
        "axe": response["testEngine"]["version"],
        "violations": sorted({one["id"] for one in response["violations"]}),
        "passes": {one["id"]: one["tags"] for one in response["passes"]},
        "unsure": {one["id"]: len(one["nodes"]) for one in response["incomplete"]},
    }
    NOTES.parent.mkdir(parents=True, exist_ok=True)
    with NOTES.open("ab") as file:
        file.write(orjson.dumps(line) + b"\n")
    return [
        f"{fault['id']}: {node['target']} {node.get('failureSummary', '')}"
        for fault in response["violations"]
        for node in fault["nodes"]
    ]
