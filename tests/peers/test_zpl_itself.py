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
from peers.conftest import node_with, peers_folder
from samples.labels import LABELS, PLAIN, ROGUE
from samples.scanned import scanned

from craftops.papers.labels import LabelPaper, LabelSize
from craftops.papers.labels_zpl import label_zpl

RENDERER = os.environ.get("CRAFTOPS_ZPL_RENDERER", "zpl-renderer-js@3.4.0")
PLACES = {LabelSize.A6: (105.0, 148.0), LabelSize.FOUR_BY_SIX: (101.6, 152.4), LabelSize.ROLL_62: (62.0, 130.0)}


@pytest.fixture(scope="module")
def node() -> tuple[Path, Path]:
    """Node, and the folder with the renderer; installed only where CI asks for it, used wherever both are."""
    there = peers_folder() / RENDERER.replace("@", "-")
    own = shutil.which("node")
    if own is not None and (there / "node_modules" / "zpl-renderer-js").exists():
        return Path(own), there
    if os.environ.get("CRAFTOPS_SERVICES") != "required":
        pytest.skip("zpl-renderer-js needs node, and is installed only in CI (CRAFTOPS_SERVICES=required)")
    return node_with(RENDERER)


def drawn(node: tuple[Path, Path], papers: dict[str, LabelPaper], out: Path) -> dict[str, Path]:
    jobs = []
    for name, paper in papers.items():
        for size, (width, height) in PLACES.items():
            for dpi, dots in ((203, 8), (300, 12)):
                zpl = label_zpl(paper, size, date(2026, 11, 28), dpi).decode("ascii")
                place = out / f"{name}.{size}.{dpi}.png"
                jobs.append({"zpl": zpl, "width": width, "height": height, "dots": dots, "out": str(place)})
    script = Path(__file__).parent / "zpl_draw.cjs"
    said = subprocess.run(
        [str(node[0]), str(script), str(node[1])], input=json.dumps(jobs), capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr[-2000:]
    return {Path(str(job["out"])).stem: Path(str(job["out"])) for job in jobs}


def test_every_code_scans_as_the_printer_would_draw_it(node: tuple[Path, Path], tmp_path: Path) -> None:
    papers = {**LABELS, "rogue": replace(PLAIN, recipient=(ROGUE, "Berlin"), note=ROGUE[:20])}
    for name, place in drawn(node, papers, tmp_path).items():
        code = papers[name.partition(".")[0]].code
        assert scanned(place.read_bytes()) == [("Code128", code), ("QRCode", code)], name
