"""Making files and names last: the disk is told of many at once, and of no folder that it knows already.

A disk that is told of one file writes its journal, and whoever asks meanwhile is told by the same writing. One after
the other, each waits for a writing of its own: sixteen files take ten times as long.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

AT_ONCE = 4
"""More wait for the same writing of the journal and gain nothing."""


def make_lasting(paths: Sequence[Path]) -> None:
    """Come back when what is in these files, and which names are in these folders, outlives a power cut."""
    if len(paths) < 2:
        for path in paths:
            _tell(path)
        return
    with ThreadPoolExecutor(min(AT_ONCE, len(paths))) as tellers:
        list(tellers.map(_tell, paths))


def _tell(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class LastingFolders:
    """Which of a store's folders (by two and by four signs of a hash) this process knows to last."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known = {2: bytearray(16**2), 4: bytearray(16**4)}

    def made(self, sha256: str) -> list[Path]:
        """Make the folders of a blob where they are not there; those that are still to be told of to the disk before
        they last. A folder that somebody else has made may not last yet."""
        leaf = self._root / sha256[:2] / sha256[2:4]
        told = [
            folder.parent
            for folder, signs in ((leaf, 4), (leaf.parent, 2))
            if not (self._known[signs][int(sha256[:signs], 16)] and folder.exists())
        ]
        leaf.mkdir(parents=True, exist_ok=True)
        return told

    def last(self, sha256: str) -> None:
        """Remember that the disk was told of a blob's folders."""
        for signs, known in self._known.items():
            known[int(sha256[:signs], 16)] = 1
