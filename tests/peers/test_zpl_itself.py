"""Our ZPL, drawn by a renderer that nobody here wrote (npm ``zpl-renderer-js``, after ingridhq/zebrash), and scanned."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from peers.conftest import peers_folder
from samples.labels import LABELS, PLAIN, ROGUE
from samples.scanned import scanned

from craftops.papers.labels import LabelPaper, LabelSize
from craftops.papers.labels_zpl import label_zpl

RENDERER = os.environ.get("CRAFTOPS_ZPL_RENDERER", "zpl-renderer-js@3.4.0")
PLACES = {LabelSize.A6: (105.0, 148.0), LabelSize.FOUR_BY_SIX: (101.6, 152.4), LabelSize.ROLL_62: (62.0, 130.0)}


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where the renderer is; installed only where CI asks for it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    found = peers_folder() / RENDERER.replace("@", "-")
    there = (found / "node_modules" / "zpl-renderer-js").exists()
    if node is None or (not there and (npm is None or os.environ.get("CRAFTOPS_SERVICES") != "required")):
        pytest.skip("zpl-renderer-js needs node, and is installed only in CI (CRAFTOPS_SERVICES=required)")
    if not there:
        found.mkdir(parents=True, exist_ok=True)
        asked = [
            str(npm),
            "install",
            "--prefix",
            str(found),
            "--no-save",
            "--no-fund",
            "--no-audit",
            "--ignore-scripts",
            RENDERER,
        ]
        made = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr[-2000:]
    return found


def drawn(folder: Path, papers: dict[str, LabelPaper], out: Path) -> dict[str, Path]:
    jobs = []
    for name, paper in papers.items():
        for size, (width, height) in PLACES.items():
            for dpi, dots in ((203, 8), (300, 12)):
                zpl = label_zpl(paper, size, date(2026, 11, 28), dpi).decode("ascii")
                place = out / f"{name}.{size}.{dpi}.png"
                jobs.append({"zpl": zpl, "width": width, "height": height, "dots": dots, "out": str(place)})
    script = Path(__file__).parent / "zpl_draw.cjs"
    said = subprocess.run(
        [str(shutil.which("node")), str(script), str(folder)], input=json.dumps(jobs), capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr[-2000:]
    return {Path(str(job["out"])).stem: Path(str(job["out"])) for job in jobs}


def test_every_code_scans_as_the_printer_would_draw_it(folder: Path, tmp_path: Path) -> None:
    papers = {**LABELS, "rogue": replace(PLAIN, recipient=(ROGUE, "Berlin"), note=ROGUE[:20])}
    for name, place in drawn(folder, papers, tmp_path).items():
        code = papers[name.partition(".")[0]].code
        assert scanned(place.read_bytes()) == [("Code128", code), ("QRCode", code)], name
