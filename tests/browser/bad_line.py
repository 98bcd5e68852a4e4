"""A bad line between a page and the shop, and a file that is large enough to notice."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, Request, expect

SLOW = 3_000_000
"""Bytes a second of a line that leaves time to cut it."""
PATIENCE_MS = 60_000


def large_cube(path: Path, side: float, squares: int = 224) -> Path:
    """A cube, each of its faces in ``squares`` × ``squares`` squares: 30 MB of binary STL where they are 224."""
    steps = np.linspace(0, side, squares + 1, dtype="<f4")
    u, v = np.meshgrid(steps, steps)
    quads = [(u[:-1, :-1], v[:-1, :-1]), (u[:-1, 1:], v[:-1, 1:]), (u[1:, 1:], v[1:, 1:]), (u[1:, :-1], v[1:, :-1])]
    faces = []
    for axis in range(3):
        for at, turn in ((0, -1), (side, 1)):
            corners = [np.stack(np.broadcast_arrays(a, b, np.float32(at)), axis=-1) for a, b in quads]
            corners = [np.roll(one, axis + 1, axis=-1).reshape(-1, 3) for one in corners][::turn]
            faces += [np.stack([corners[0], corners[k], corners[k + 1]], axis=1) for k in (1, 2)]
    triangles = np.concatenate(faces)
    records = np.zeros(len(triangles), np.dtype([("n", "<f4", 3), ("t", "<f4", (3, 3)), ("a", "<u2")]))
    records["t"] = triangles
    path.write_bytes(bytes(80) + struct.pack("<I", len(records)) + records.tobytes())
    return path


class Line:
    """The line between a page and the shop. (Playwright's own switch is overruled by a line that was made slow.)"""

    def __init__(self, seat: Any) -> None:
        self.session = seat.context.new_cdp_session(seat.page)
        self.session.send("Network.enable")
        self.be(SLOW)

    def be(self, speed: int, *, offline: bool = False) -> None:
        """``speed`` in bytes a second; -1 is as fast as it goes."""
        how = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": speed}
        self.session.send("Network.emulateNetworkConditions", how)


def listen(page: Page) -> list[Request]:
    """Every request of an upload, as it is made."""
    heard: list[Request] = []
    page.on("request", lambda one: heard.append(one) if "/uploads" in one.url else None)
    return heard


def methods(heard: list[Request], method: str) -> list[Request]:
    return [one for one in heard if one.method == method]


def until_some_is_there(page: Page) -> None:
    expect(page.locator(".sending .share")).to_have_text(re.compile(r"^(2[5-9]|[3-8]\d) %$"), timeout=PATIENCE_MS)
