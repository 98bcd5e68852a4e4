"""Files in a bucket: the same promises as in a folder, on two hosts that share nothing but the bucket and the rows."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from craftops.domain.shop.profile import ShopProfile
from craftops.errors import AccessError, IntakeError, Unreachable, WrongOffset
from craftops.processes.doctor import examine
from craftops.services.files import uploading
from craftops.services.files.uploading import Piece
from craftops.services.shop.context import Shop
from craftops.store import object_files
from craftops.store.buckets import Bucket, open_bucket
from craftops.store.database import utcnow
from craftops.store.files import FileStore
from craftops.store.models import BlobRow, UploadPieceRow, UploadRow
from craftops.store.object_files import ObjectFileStore
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl
from tests.samples.objects import ObjectServer, object_server

HOUR, NO_TIME = timedelta(hours=1), timedelta(0)


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectServer]:
    with object_server() as running:
        yield running


@pytest.fixture
def bucket(server: ObjectServer) -> Bucket:
    return open_bucket(f"s3://{server.bucket()}/some/folder", server.endpoint, "us-east-1")


@pytest.fixture
def here(bucket: Bucket, tmp_path: Path) -> ObjectFileStore:
    return ObjectFileStore(bucket, tmp_path / "here", 10_000_000)


@pytest.fixture
def there(bucket: Bucket, tmp_path: Path) -> ObjectFileStore:
    return ObjectFileStore(bucket, tmp_path / "there", 10_000_000)


@pytest.fixture
def shop_in_a_bucket(make_workshop: Callable[..., Workshop], server: ObjectServer) -> Workshop:
    found = make_workshop(server.toml())
    found.open(ShopProfile(name="Testwerk", address=("Hafenstraße 1", "20457 Hamburg")))
    return found


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_both_stores_keep_the_same_promises(kind: str, tmp_path: Path, here: ObjectFileStore) -> None:
    store = here if kind == "bucket" else FileStore(tmp_path / "plain")
    content = bytes(range(256)) * 9000
    sha256, size = store.put(io.BytesIO(content), len(content))
    assert (sha256, size) == (hashlib.sha256(content).hexdigest(), len(content))
    small, empty = store.put_bytes(b"hello"), store.put_bytes(b"")
    assert store.put_bytes(b"hello") == small, "again is no harm"
    assert sorted(store.all()) == sorted([sha256, small, empty])
    assert store.path(sha256).read_bytes() == content
    assert store.head(sha256, 3) == content[:3]
    assert store.hash_of(sha256) == sha256
    with store.lent(small) as path:
        assert path.read_bytes() == b"hello"
    with pytest.raises(IntakeError):
        store.put(io.BytesIO(content), 1000)
    assert not store.forget(small, untouched=HOUR), "somebody stored it just now"
    assert store.forget(small, untouched=NO_TIME)
    assert store.forget(small, untouched=NO_TIME), "gone is gone"
    store.remove(empty)
    assert list(store.all()) == [sha256]
    assert (store.has(small), store.has(sha256)) == (False, True)
    assert not store.path(small).exists()
    assert store.hash_of(small) is None
    with pytest.raises(ValueError, match="not a sha256"):
        store.path("../../etc/passwd")


def test_what_one_host_stores_another_reads_and_checks(here: ObjectFileStore, there: ObjectFileStore) -> None:
    sha256 = here.put_bytes(b"solid cube")
    with there.lent(sha256) as path:
        assert path.read_bytes() == b"solid cube"
    assert not (there.folder / sha256[:2]).exists(), "who walks through everything leaves no copies"
    assert there.path(sha256).read_bytes() == b"solid cube"
    other = here.put_bytes(b"another")
    here.bucket.put(f"{other[:2]}/{other[2:4]}/{other}", b"spoilt")
    assert there.hash_of(other) not in (None, other)
    with pytest.raises(Unreachable, match="damaged"):
        there.path(other)
    assert not list(there.drafts.glob("*"))


def test_a_store_that_is_not_there_is_said_and_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("obstore", reason="the extra of several hosts, craftops[scale], is not installed")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr("craftops.store.buckets.RETRIED", {"max_retries": 0, "retry_timeout": timedelta(seconds=1)})
    nowhere = ObjectFileStore(open_bucket("s3://shop", "http://127.0.0.1:1", "us-east-1"), tmp_path, 1_000_000)
    with pytest.raises(Unreachable, match="store of the files"):
        nowhere.put_bytes(b"hello")


def test_whoever_stores_what_is_being_forgotten_has_it_afterwards(
    here: ObjectFileStore, there: ObjectFileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = here.put_bytes(b"wanted again")
    delete = here.bucket.delete
    came: list[str] = []

    def and_somebody_comes(*keys: str) -> None:
        """Between the look at its age and its end, another host stores the same bytes, and sees the mark."""
        if not came and any(sha256 in key for key in keys):
            came.append(sha256)
            there.bucket.put(f"{sha256[:2]}/{sha256[2:4]}/{sha256}", b"wanted again")
            assert there.bucket.head(f"leaving/{sha256}") is not None
        delete(*keys)

    monkeypatch.setattr(here.bucket, "delete", and_somebody_comes)
    assert here.forget(sha256, untouched=NO_TIME)
    assert came
    assert there.put_bytes(b"wanted again") == sha256
    assert there.has(sha256)
    assert there.bucket.head(f"leaving/{sha256}") is None


def test_a_blob_that_went_between_storing_and_looking_is_stored_again(
    here: ObjectFileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stores waits while it is being taken away, and begins again."""
    sha256 = hashlib.sha256(b"hello").hexdigest()
    put, puts = here.bucket.put, []

    def taken_away_at_first(key: str, content: bytes) -> None:
        put(key, content)
        puts.append(key)
        if len(puts) == 1:
            here.bucket.delete(key)

    monkeypatch.setattr(here.bucket, "put", taken_away_at_first)
    assert here.put_bytes(b"hello") == sha256
    assert len(puts) == 2
    assert here.has(sha256)


def test_copies_of_a_host_stay_within_their_bounds(
    shop_in_a_bucket: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = shop_in_a_bucket.shop.files.bucket
    host = ObjectFileStore(bucket, tmp_path / "host", 300_000)
    kept = [host.put_bytes(bytes([number]) * 100_000) for number in range(6)]
    assert all(host._at(one).exists() for one in kept), "nothing goes that somebody may be about to open"
    monkeypatch.setattr(object_files, "UNTOUCHED_S", -10.0)
    host._make_room()
    assert sum(host._at(one).exists() for one in kept) == 3
    assert all(host.path(one).stat().st_size == 100_000 for one in kept), "the others are fetched again"
    BlobRow.insert(sha256=kept[0], size=100_000, created_at=utcnow()).execute()
    assert host.path(kept[0]).exists()
    host.tidy_here()
    assert [one.name for one in host.folder.glob("??/??/*")] == [kept[0]], "what the shop has forgotten is no copy here"


@pytest.fixture
def two_hosts(shop_in_a_bucket: Workshop, tmp_path: Path) -> tuple[Shop, Shop]:
    shop = shop_in_a_bucket.shop
    return shop, replace(shop, files=ObjectFileStore(shop.files.bucket, tmp_path / "other", 10_000_000))


def send(workshop: Workshop, shop: Shop, key: str, begin: int, data: bytes) -> UploadRow:
    piece = Piece(begin, len(data))
    return uploading.take_piece(shop, workshop.actor("ada"), key, io.BytesIO(data), piece, at=utcnow())


@pytest.mark.parametrize("hosts", ["0000", "0101", "0011", "1110"])
def test_pieces_come_to_any_host(shop_in_a_bucket: Workshop, two_hosts: tuple[Shop, Shop], hosts: str) -> None:
    workshop, content = shop_in_a_bucket, cube_stl()
    row = uploading.begin(two_hosts[0], "cube.stl", len(content), owner=workshop.people["ada"], at=utcnow())
    cuts = [0, 100, 101, 400, len(content)]
    for number, host in enumerate(hosts):
        begin, end = cuts[number], cuts[number + 1]
        shop = two_hosts[int(host)]
        assert uploading.offset_of(shop, UploadRow.get_by_id(row.id)) == begin
        done = send(workshop, shop, row.key, begin, content[begin:end])
    assert done.file is not None
    assert done.sha256 == hashlib.sha256(content).hexdigest()
    for shop in two_hosts:
        assert shop.files.path(done.file.blob_id).read_bytes() == content
        assert not list(shop.files.bucket.list("drafts/"))
    assert list(examine(workshop.shop, at=utcnow())) == []


def test_two_hosts_with_the_same_piece_make_one(shop_in_a_bucket: Workshop, two_hosts: tuple[Shop, Shop]) -> None:
    """The slower one is told where to go on, and what it stored is in nobody's way."""
    workshop, content = shop_in_a_bucket, cube_stl()
    fast, slow = two_hosts
    row = uploading.begin(fast, "cube.stl", len(content), owner=workshop.people["ada"], at=utcnow())
    read = io.BytesIO(content[:200])

    class AndAnotherHost:
        """Its last bytes come when the other host has taken a longer piece."""

        def read(self, size: int, /) -> bytes:
            data = read.read(size)
            if not data:
                send(workshop, fast, row.key, 0, content[:300])
            return data

    with pytest.raises(WrongOffset) as refused:
        uploading.take_piece(slow, workshop.actor("ada"), row.key, AndAnotherHost(), Piece(0, 200), at=utcnow())
    assert refused.value.offset == 300
    assert [(one.begin, one.size) for one in UploadPieceRow.select()] == [(0, 300)]
    done = send(workshop, slow, row.key, 300, content[300:])
    assert workshop.shop.files.path(done.file.blob_id).read_bytes() == content


def test_what_is_cancelled_or_out_of_time_leaves_no_pieces(
    shop_in_a_bucket: Workshop, two_hosts: tuple[Shop, Shop]
) -> None:
    workshop, (one, other) = shop_in_a_bucket, two_hosts
    row = uploading.begin(one, "cube.stl", 1000, owner=workshop.people["ada"], at=utcnow())
    send(workshop, one, row.key, 0, b"solid")
    assert len(list(one.files.bucket.list("drafts/"))) == 1
    uploading.cancel(other, workshop.actor("ada"), row.key, at=utcnow())
    assert not list(one.files.bucket.list("drafts/"))
    assert UploadPieceRow.select().count() == 0
    with pytest.raises(AccessError):
        send(workshop, one, row.key, 5, b" cube")
    one.files.bucket.put("drafts/a-key-of-nobody-left/0000000000000-x", b"lost")
    one.files.sweep((utcnow() - timedelta(days=7)).timestamp())
    assert len(list(one.files.bucket.list("drafts/"))) == 1
    one.files.sweep((utcnow() + timedelta(days=7)).timestamp())
    assert not list(one.files.bucket.list("drafts/"))
