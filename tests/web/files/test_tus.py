"""Files in pieces: whatever is cut, lost, repeated or sent twice at once, the same bytes come together, once."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from craftops.domain.shop.profile import ShopProfile
from craftops.services.files import uploading
from craftops.store.database import close_database, utcnow
from craftops.store.drafts import RunningHashes
from craftops.store.models import DesignFileRow, UploadRow
from craftops.testing import Workshop
from craftops.testing.tus import PIECE, TusClient, checksum
from craftops.testing.workshop import cube_stl


class Gate:
    """A stream whose second half comes only when it is let through."""

    def __init__(self, first: bytes, second: bytes = b"") -> None:
        self.parts = [first, second]
        self.begun, self.go = threading.Event(), threading.Event()

    def read(self, _size: int = -1) -> bytes:
        if len(self.parts) == 1:
            self.begun.set()
            assert self.go.wait(20)
        return self.parts.pop(0) if self.parts else b""


def draft_of(workshop: Workshop, path: str) -> Any:
    return workshop.shop.files.draft(path.rsplit("/", 1)[1])


@pytest.fixture
def ada(workshop: Workshop) -> Iterator[TusClient]:
    yield workshop.sender()
    close_database()


NUMBERS = st.integers(0, 5000)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["send", "proven", "damaged", "elsewhere", "too long", "scribble", "lose"]), NUMBERS),
    st.tuples(st.sampled_from(["cut", "cut and proven"]), NUMBERS, NUMBERS),
    st.tuples(st.sampled_from(["look", "restart"])),
)


class Story:
    """An upload, and what must be true of it."""

    def __init__(self, workshop: Workshop, content: bytes) -> None:
        self.workshop, self.content = workshop, content
        self.client = workshop.sender()
        self.path = self.client.begin(len(content))
        self.at = 0

    def rest(self, size: int) -> bytes:
        return self.content[self.at : self.at + size]

    def expect(self, answer: TestResponse, status: int, at: int) -> None:
        assert answer.status_code == status, answer.get_data(as_text=True)
        self.at = at
        assert answer.headers.get("Upload-Offset", str(at)) == str(at)

    def step(self, kind: str, first: int = 0, second: int = 0) -> None:
        if self.at == len(self.content) and kind not in ("look", "restart"):
            return
        data, file = self.rest(first), draft_of(self.workshop, self.path)
        send = lambda offset, data, **more: self.client.piece(self.path, offset, data, **more)
        if kind == "send":
            self.expect(send(self.at, data), 204, self.at + len(data))
        elif kind == "proven":
            self.expect(send(self.at, data, checksum=checksum(data, "sha256")), 204, self.at + len(data))
        elif kind == "damaged":
            self.expect(send(self.at, data, checksum=checksum(data + b"!")), 460, self.at)
        elif kind == "elsewhere" and first != self.at:
            self.expect(send(first, b"wrong"), 409, self.at)
        elif kind == "too long":
            self.expect(send(self.at, self.content[self.at :] + bytes(first + 1)), 413, self.at)
        elif kind == "cut" and second < len(data):
            self.expect(send(self.at, data[:second], size=len(data)), 204, self.at + second)
        elif kind == "cut and proven" and second < len(data):
            self.expect(send(self.at, data[:second], size=len(data), checksum=checksum(data)), 460, self.at)
        elif kind == "scribble" and file.exists():  # killed while it wrote: nobody was told of these bytes
            with file.open("ab") as handle:
                handle.write(bytes(first))
        elif kind == "lose" and file.exists():  # the disk has less than the row says
            self.at = min(self.at, first)
            os.truncate(file, self.at)
        elif kind == "restart":
            self.workshop.shop.files.hashes = RunningHashes()
        assert self.client.offset(self.path) == self.at


@given(content=st.binary(min_size=1, max_size=5000), steps=st.lists(STEPS, max_size=12))
def test_whatever_happens_on_the_way_the_same_bytes_arrive_once(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, content: bytes, steps: list[Any]
) -> None:
    monkeypatch.setattr(uploading, "READ", 64)
    story = Story(workshop, content)
    before = DesignFileRow.select().count()
    for step in steps:
        story.step(*step)
    story.step("send", len(content))
    ada, path = story.client, story.path
    file_id = ada.line(path)
    assert workshop.content(file_id) == content
    assert DesignFileRow.get_by_id(file_id).blob_id == hashlib.sha256(content).hexdigest()
    assert ada.line(path) == file_id
    assert ada.offset(path) == len(content)
    assert ada.piece(path, len(content), b"").status_code == 204
    assert ada.piece(path, 0, content).status_code == 409
    assert ada.piece(path, len(content), b"more").status_code == 413
    assert DesignFileRow.select().count() == before + 1
    assert workshop.drafts() == []


def test_what_it_speaks(ada: TusClient) -> None:
    for path in ("/uploads", ada.begin(5)):
        answer = ada.ask("OPTIONS", path, {"Tus-Resumable": ""})
        assert answer.status_code == 204
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Extension"] == "creation,checksum,termination,expiration"
        assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"
        assert answer.headers["Tus-Max-Size"] == "250000000"


def test_another_version_is_refused_and_ours_is_named(ada: TusClient) -> None:
    path = ada.begin(5)
    for method, where in (("POST", "/uploads"), ("HEAD", path), ("PATCH", path), ("DELETE", path)):
        for version in ("", "0.2.2"):
            answer = ada.ask(method, where, {"Tus-Resumable": version, "Upload-Length": "5"})
            assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")
            assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert ada.offset(path) == 0


@pytest.mark.parametrize(
    ("length", "name", "sentence"),
    [
        (0, "part.stl", "The file is empty."),
        (250_000_001, "part.stl", "The file is larger than 250 MB, the most we can take."),
        (5, "part.amf", "This is an AMF model. Please export it as STL, OBJ or 3MF."),
    ],
)
def test_what_cannot_be_taken_is_said_before_a_byte_has_come(
    ada: TusClient, length: int, name: str, sentence: str
) -> None:
    answer = ada.announce(length, name)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json["detail"] == sentence
    assert UploadRow.select().count() == 0


def test_announcements_that_make_no_sense(ada: TusClient) -> None:
    assert ada.announce(5, **{"Upload-Length": "-1"}).status_code == 400
    assert ada.announce(5, **{"Upload-Length": ""}).status_code == 400
    assert ada.announce(5, **{"Upload-Metadata": "filename %%%"}).status_code == 400
    assert ada.announce(5, **{"Upload-Metadata": ""}).json["detail"] == "The file has no name. Send it with one."
    assert ada.announce(5, **{"Upload-Defer-Length": "1"}).status_code == 422
    assert ada.announce(5, **{"X-CSRFToken": ""}).status_code == 400


def test_pieces_that_make_no_sense(ada: TusClient) -> None:
    path = ada.begin(5)
    assert ada.piece(path, 0, b"hello", content_type="application/octet-stream").status_code == 415
    assert ada.piece(path, 0, b"hello", checksum="md5 abcd").status_code == 400
    assert ada.piece(path, 0, b"hello", checksum="sha1 %").status_code == 400
    refused = ada.piece(path, 0, b"hello", checksum=checksum(b"HELLO"))
    assert refused.status == "460 Checksum Mismatch"
    assert refused.json["detail"] == "A piece of the file was damaged on its way. Send that piece again."
    assert ada.ask("GET", f"{path}/line").status_code == 409
    assert ada.offset(path) == 0


def test_a_piece_of_unknown_length_may_be_too_long_too(ada: TusClient) -> None:
    path = ada.begin(5)
    for body, status, offset in ((b"hello, you", 413, 0), (b"he", 204, 2), (b"llo", 204, 5)):
        overrides = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
        headers = {"Upload-Offset": str(ada.offset(path))}
        answer = ada.ask("PATCH", path, headers, content_type=PIECE, environ_overrides=overrides)
        assert (answer.status_code, ada.offset(path)) == (status, offset)


def test_a_large_file_needs_little_memory(ada: TusClient) -> None:
    size = 48_000_000
    path = ada.begin(size)

    class Zeros:
        left = size

        def read(self, wanted: int = -1) -> bytes:
            given = min(wanted, self.left)
            self.left -= given
            return bytes(given)

    tracemalloc.start()
    answer = ada.piece(path, 0, size=size, stream=Zeros())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code == 204
    assert peak < 8_000_000
    assert DesignFileRow.get_by_id(ada.line(path)).size == size


def test_a_gigabyte_may_be_announced_where_the_shop_says_so(make_workshop: Callable[..., Workshop]) -> None:
    workshop = make_workshop("[files]\nmax_mb = 1000\n")
    workshop.open(ShopProfile(name="Werk"))
    ada = workshop.sender()
    path = ada.begin(1_000_000_000)
    assert ada.piece(path, 0, bytes(16 << 20)).headers["Upload-Offset"] == str(16 << 20)


def test_of_two_who_send_at_once_one_waits(workshop: Workshop, ada: TusClient) -> None:
    content = cube_stl()
    path, other, gate = ada.begin(len(content)), workshop.sender(), Gate(content[:100], content[100:])
    answers: list[TestResponse] = []
    thread = threading.Thread(
        target=lambda: answers.append(ada.piece(path, 0, size=len(content), stream=gate)), daemon=True
    )
    thread.start()
    assert gate.begun.wait(20)
    busy = other.piece(path, 0, b"x" * len(content))
    assert (busy.status_code, busy.json["detail"]) == (423, "Another window is sending this file.")
    assert other.ask("DELETE", path).status_code == 423
    assert other.offset(path) == 0
    assert uploading.tidy(workshop.shop, at=utcnow() + timedelta(days=8)) == 0
    gate.go.set()
    thread.join(20)
    assert answers[0].status_code == 204
    assert workshop.content(other.line(path)) == content


def test_pieces_of_two_never_mix(workshop: Workshop, ada: TusClient) -> None:
    size, rounds = 400_000, 4
    path = ada.begin(size * rounds)
    senders = [ada, *(workshop.sender() for _ in range(3))]
    expected = b""
    for _ in range(rounds):
        at, barrier, statuses = len(expected), threading.Barrier(len(senders)), [0] * len(senders)

        def send(number: int, at: int = at, barrier: Any = barrier, statuses: list[int] = statuses) -> None:
            barrier.wait(20)
            statuses[number] = senders[number].piece(path, at, bytes([65 + number]) * size).status_code

        threads = [threading.Thread(target=send, args=(number,)) for number in range(len(senders))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert statuses.count(204) == 1
        assert set(statuses) <= {204, 409, 423}
        expected += bytes([65 + statuses.index(204)]) * size
    assert workshop.content(ada.line(path)) == expected
    assert DesignFileRow.select().count() == 1
