"""What outlives a power cut: every file before it has its name, every name and every folder before anybody is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from craftops.store.files import FileStore


class Disk:
    """A disk that forgets what it was not told of: which files and folders it was."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.told: list[Path] = []
        told = os.fsync

        def fsync(handle: int) -> None:
            self.told.append(Path(os.readlink(f"/proc/self/fd/{handle}")))
            told(handle)

        patch.setattr(os, "fsync", fsync)

    def new(self) -> list[Path]:
        found, self.told = self.told, []
        return found


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    return Disk(monkeypatch)  # type: ignore[return-value]


def leaf(store: FileStore, sha256: str) -> Path:
    return store.path(sha256).parent


def test_several_files_each_are_told_of_and_then_their_folders(tmp_path: Path, disk: Disk) -> None:
    store = FileStore(tmp_path)
    hashes = store.put_several([b"an invoice", b"its XML", b"an invoice"])
    assert [store.path(one).read_bytes() for one in hashes] == [b"an invoice", b"its XML", b"an invoice"]
    told = disk.new()
    assert {one.parent for one in told[:2]} == {store.drafts}, "files first, under no name that anybody looks for"
    folders = {folder for one in hashes for folder in (leaf(store, one), leaf(store, one).parent)}
    assert sorted(told[2:]) == sorted({*folders, tmp_path}), "each folder once"
    assert list(store.drafts.iterdir()) == []


def test_a_folder_that_lasts_is_not_told_of_again(tmp_path: Path, disk: Disk) -> None:
    store = FileStore(tmp_path)
    sha256 = store.put_bytes(b"solid")
    store.remove(sha256)
    disk.new()
    store.put_bytes(b"solid")
    assert disk.new()[1:] == [leaf(store, sha256)], "the name is new there"
    assert store.put_bytes(b"solid") == sha256
    assert disk.new() == [], "all of it is there already"


def test_a_folder_of_somebody_else_or_one_that_was_gone_is_told_of(tmp_path: Path, disk: Disk) -> None:
    mine, other = FileStore(tmp_path), FileStore(tmp_path)
    sha256 = mine.put_bytes(b"solid")
    mine.remove(sha256)
    disk.new()
    other.put_bytes(b"solid")
    assert {tmp_path, leaf(mine, sha256).parent} <= set(disk.new()), "its maker may not have come so far"
    mine.remove(sha256)
    leaf(mine, sha256).rmdir()
    mine.put_bytes(b"solid")
    told = set(disk.new())
    assert leaf(mine, sha256).parent in told
    assert tmp_path not in told
