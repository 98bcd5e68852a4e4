"""Camera frames of hosts that share no folder: the same few pictures, and the same wishes, as rows."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from craftops.store.frames import KEPT, Frames, FrameStore
from craftops.store.row_frames import RowFrameStore
from craftops.testing import Workshop


@pytest.mark.parametrize("kind", ["folder", "rows"])
def test_both_keep_the_newest_of_each_machine(kind: str, workshop: Workshop, tmp_path: Path) -> None:
    frames: Frames = RowFrameStore() if kind == "rows" else FrameStore(tmp_path / "cameras")
    before = time.time() - 5
    assert frames.wanted(before) == set()
    frames.want(3)
    frames.want(3)
    assert frames.wanted(before) == {3}
    assert frames.wanted(time.time() + 60) == set()
    kept = [frames.put(3, b"picture %d" % number) for number in range(KEPT + 3)]
    other = frames.put(4, b"picture 1")
    assert [frames.read(3, one) is not None for one in kept] == [False] * 3 + [True] * KEPT
    assert frames.read(4, other) == b"picture 1"
    assert frames.read(4, kept[-1]) is None, "it is another machine's"
    assert frames.read(3, "../../secret.key") is None
    assert frames.put(3, b"picture 10") == kept[10], "the same again is no harm"
    frames.sweep(before)
    assert frames.read(3, kept[-1]) is not None
    frames.sweep(time.time() + 60)
    assert frames.read(3, kept[-1]) is None
    assert frames.wanted(before) == set()
