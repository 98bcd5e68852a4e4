"""How an upload ends: called off, out of time, refused, finished twice, cut short by a crash."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from craftops.app import app_for
from craftops.bootstrap import open_shop
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import IntakeError, UploadBusy
from craftops.services.files import intake, uploading
from craftops.store import drafts
from craftops.store.database import close_database, utcnow
from craftops.store.drafts import RunningHashes, hold
from craftops.store.files import FileStore
from craftops.store.models import BlobRow, DesignFileRow, UploadRow
from craftops.testing import Workshop
from craftops.testing.tus import PIECE, TusClient
from craftops.testing.workshop import cube_stl


def draft_of(workshop: Workshop, path: str) -> Any:
    return workshop.shop.files.draft(path.rsplit("/", 1)[1])


@pytest.fixture
def ada(workshop: Workshop) -> Iterator[TusClient]:
    yield workshop.sender()
    close_database()


def test_only_its_owner_reaches_an_upload(workshop: Workshop, ada: TusClient) -> None:
    path = ada.begin(5)
    for who, status in (("bob", 404), ("sam", 403)):
        stranger = workshop.sender(who)
        for method, tail in (("HEAD", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/line")):
            foreign = stranger.ask(method, path + tail, {"Upload-Offset": "0"}, content_type=PIECE, data=b"hello")
            missing = stranger.ask(method, f"/uploads/{'x' * 22}{tail}", {"Upload-Offset": "0"}, content_type=PIECE)
            assert (foreign.status_code, foreign.data) == (missing.status_code, missing.data)
            assert foreign.status_code == status
    assert ada.offset(path) == 0


def test_it_is_called_off_and_gone(workshop: Workshop, ada: TusClient) -> None:
    path = ada.begin(10)
    ada.piece(path, 0, b"hello")
    assert len(workshop.drafts()) == 1
    assert ada.ask("DELETE", path).status_code == 204
    assert workshop.drafts() == []
    for method in ("HEAD", "DELETE"):
        assert ada.ask(method, path).status_code == 404
    assert ada.piece(path, 5, b"world").status_code == 404


def test_after_a_week_of_silence_it_is_tidied_away(workshop: Workshop, ada: TusClient) -> None:
    stray, fresh = (workshop.shop.files.drafts / name for name in ("upload-of-nobody", "tmp-of-now"))
    path, finished = ada.begin(10), ada.begin(5)
    answer = ada.piece(path, 0, b"hello")
    stays = parsedate_to_datetime(answer.headers["Upload-Expires"]).astimezone(UTC) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < stays <= timedelta(days=7)
    ada.piece(finished, 0, b"hello")
    file_id = ada.line(finished)
    for file, age in ((stray, timedelta(days=8)), (fresh, timedelta())):
        file.write_bytes(b"?")
        os.utime(file, (time.time() - age.total_seconds(),) * 2)
    assert uploading.tidy(workshop.shop, at=utcnow()) == 0
    assert workshop.drafts() == sorted([draft_of(workshop, path).name, fresh.name])
    UploadRow.update(expires_at=utcnow()).execute()
    assert ada.ask("HEAD", path).status_code == 404
    assert uploading.tidy(workshop.shop, at=utcnow()) == 2
    assert workshop.drafts() == [fresh.name]
    assert workshop.content(file_id) == b"hello"


def test_what_was_announced_counts_against_the_quota(make_workshop: Callable[..., Workshop]) -> None:
    workshop = make_workshop("[files]\nmax_mb = 1\nquota_mb = 2\n")
    workshop.open(ShopProfile(name="Werk"))
    ada = workshop.sender()
    first, _second = ada.begin(1_000_000), ada.begin(900_000)
    refused = ada.announce(200_000)
    assert refused.status_code == 422
    assert refused.json["detail"] == "Your files would take more than 2 MB. Ask the shop for more room."
    with pytest.raises(IntakeError, match="more than 2 MB"):
        workshop.upload("ada", content=bytes(200_000))
    assert workshop.upload("bob", content=bytes(200_000))
    assert ada.piece(first, 0, bytes(1_000_000)).status_code == 204
    assert ada.announce(200_000).status_code == 422
    assert ada.announce(100_000).status_code == 201


def test_nobody_leaves_rows_without_end(ada: TusClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "MOST_UNFINISHED", 3)
    for _ in range(3):
        ada.begin(5)
    assert ada.announce(5).json["detail"] == "3 uploads are unfinished. Finish or cancel some of them first."


def test_what_is_refused_at_the_end_leaves_nothing(
    workshop: Workshop, ada: TusClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ada.begin(5)
    monkeypatch.setattr(intake.files, "stored_bytes", lambda _owner: 10**12)
    refused = ada.piece(path, 0, b"hello")
    assert refused.status_code == 422
    assert refused.json["detail"] == "Your files would take more than 5000 MB. Ask the shop for more room."
    assert ada.ask("HEAD", path).status_code == 404
    assert workshop.drafts() == []
    assert BlobRow.select().count() == 0
    assert not workshop.shop.files.path(hashlib.sha256(b"hello").hexdigest()).exists()


def broken(*_args: object, **_more: object) -> None:
    raise RuntimeError("killed here")


@pytest.mark.parametrize(("where", "what"), [(FileStore, "keep"), (intake, "admit")])
def test_an_end_that_was_cut_short_is_finished_once(workshop: Workshop, ada: TusClient, where: Any, what: str) -> None:
    path = ada.begin(5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, what, broken)
        assert ada.piece(path, 0, b"hello").status_code == 500
        assert ada.ask("GET", f"{path}/line").status_code == 500
    assert ada.offset(path) == 5
    assert DesignFileRow.select().count() == 0
    assert ada.line(path) == ada.line(path)
    assert DesignFileRow.select().count() == 1
    assert workshop.drafts() == []


def test_two_who_finish_it_at_once_find_one_file(
    workshop: Workshop, ada: TusClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other, keep = ada.begin(5), workshop.sender(), FileStore.keep
    found: list[int] = []
    late = threading.Thread(target=lambda: found.append(other.line(path)), daemon=True)

    def and_somebody_comes(store: FileStore, draft: Any, sha256: str) -> None:
        keep(store, draft, sha256)
        late.start()

    monkeypatch.setattr(FileStore, "keep", and_somebody_comes)
    assert ada.piece(path, 0, b"hello").status_code == 204
    late.join(20)
    assert found == [ada.line(path)]
    assert DesignFileRow.select().count() == 1
    assert workshop.drafts() == []


def test_who_comes_in_behind_the_one_who_finished_it_sees_that_it_is(
    workshop: Workshop, ada: TusClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other, hold = ada.begin(5), workshop.sender(), FileStore.hold
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "admit", broken)
        assert ada.piece(path, 0, b"hello").status_code == 500
    found: list[int] = []

    def and_somebody_was_faster(store: FileStore, key: str) -> Any:
        monkeypatch.setattr(FileStore, "hold", hold)
        faster = threading.Thread(target=lambda: found.append(other.line(path)), daemon=True)
        faster.start()
        faster.join(20)
        return hold(store, key)

    monkeypatch.setattr(FileStore, "hold", and_somebody_was_faster)
    assert [ada.line(path)] == found
    assert workshop.drafts() == []


def test_who_stands_at_the_door_when_it_is_taken_away_goes_in_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lock, asked = tmp_path / "draft", fcntl.flock, 0

    def and_it_is_gone(descriptor: int, how: int) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            path.unlink()
        lock(descriptor, how)

    monkeypatch.setattr(drafts.fcntl, "flock", and_it_is_gone)
    with hold(path) as draft:
        draft.write(b"hello")
        with pytest.raises(UploadBusy), hold(path):
            pass
    assert (path.read_bytes(), asked) == (b"hello", 3)


def test_another_process_goes_on_where_this_one_was(workshop: Workshop, ada: TusClient) -> None:
    content = cube_stl()
    path = ada.begin(len(content))
    ada.piece(path, 0, content[:300])
    shop = open_shop(workshop.shop.config)
    later = Workshop(shop, app_for(shop), workshop.people)
    again = later.sender()
    assert again.offset(path) == 300
    assert again.piece(path, 300, content[300:]).status_code == 204
    assert later.content(again.line(path)) == content
    later.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from craftops.config import load_config
from craftops.bootstrap import open_shop
from craftops.services.files import uploading
from craftops.services.people import accounts
from craftops.store.database import connected, utcnow
from craftops.store.models import AccountRow

class Dies:
    pieces = [b"a" * 5000, b"b" * 5000]
    def read(self, size):
        if not self.pieces:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.pieces.pop(0)

shop = open_shop(load_config(data=Path(sys.argv[1])))
with connected():
    actor = accounts.actor_of(AccountRow.get(AccountRow.email == "ada@example.org"))
    uploading.take_piece(shop, actor, sys.argv[2], Dies(), uploading.Piece(5, 20000), at=utcnow())
"""


def test_a_process_that_is_killed_while_it_writes_has_told_nobody_of_it(workshop: Workshop, ada: TusClient) -> None:
    path = ada.begin(20_005)
    ada.piece(path, 0, b"hello")
    config = workshop.shop.config
    env = {**os.environ, "DATABASE_URL": config.database_url}
    command = [sys.executable, "-c", KILLED, str(config.data), path.rsplit("/", 1)[1]]
    said = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    assert said.returncode == -9, said.stderr
    assert draft_of(workshop, path).stat().st_size == 10_005
    assert ada.offset(path) == 5
    assert ada.piece(path, 5, b"c" * 20_000).status_code == 204
    assert workshop.content(ada.line(path)) == b"hello" + b"c" * 20_000


def test_hashes_that_run_are_few(tmp_path: Any) -> None:
    known = RunningHashes(most=2)
    for key in ("a", "b", "c"):
        known.keep(key, 1, hashlib.sha256(b"x"))
    assert known.take("a", 1) is None
    assert known.take("c", 2) is None
    assert known.take("c", 1).hexdigest() == hashlib.sha256(b"x").hexdigest()
    with hold(tmp_path / "draft") as draft:
        draft.write(b"x")
        assert draft.sha256() == hashlib.sha256(b"x").hexdigest()
