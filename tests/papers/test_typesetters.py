"""Papers are set in processes of their own: one that ends loses no paper, one that rests holds no memory."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from multiprocessing import Pipe
from pathlib import Path

import orjson
import pytest

from craftops.papers import typesetter, typesetters
from craftops.papers.labels import PartLabel, part_label_pdf
from craftops.papers.typesetters import Gone, Typesetters, TypesettingError

TEMPLATE = "#set page(width: 40mm, height: 20mm)\n#let data = json(sys.inputs.data)\n#data.name"
DAY = "2026-03-04"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "name.typ").write_text(TEMPLATE)
    return tmp_path


@pytest.fixture
def few(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Typesetters]:
    monkeypatch.setattr(typesetters, "MOST", 2)
    made = Typesetters(folder)
    yield made
    made.close()


def order(name: str = "Anna", **more: object) -> bytes:
    told = orjson.dumps({"name": name}).decode()
    usual = {"template": "name.typ", "told": told, "country": "DE", "day": DAY, "standards": [], "dpi": None}
    return orjson.dumps({**usual, **more})


def ended(pid: int) -> None:
    """Kill one and wait until it is gone."""
    watched = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    assert select.select([watched], [], [], 10)[0]
    os.close(watched)


def test_one_is_used_again_and_gives_the_same_bytes(few: Typesetters) -> None:
    first = few.ask(order(), b"")
    (pid,) = few.idle
    assert few.ask(order(), b"") == first
    assert first.startswith(b"%PDF")
    assert few.idle == (pid,)


def test_one_that_was_killed_is_replaced_before_anybody_notices(few: Typesetters) -> None:
    first = few.ask(order(), b"")
    (pid,) = few.idle
    ended(pid)
    assert few.ask(order(), b"") == first
    assert few.idle != (pid,)


def test_one_that_goes_to_rest_just_now_loses_no_paper(few: Typesetters, monkeypatch: pytest.MonkeyPatch) -> None:
    first = few.ask(order(), b"")
    (pid,) = few.idle
    ended(pid)
    monkeypatch.setattr(typesetters.Typesetter, "alive", lambda _one: True)
    assert few.ask(order(), b"") == first


def test_whatever_ends_each_of_them_is_told(few: Typesetters, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_one: object, _order: bytes, _attached: bytes) -> bytes:
        raise Gone

    monkeypatch.setattr(typesetters.Typesetter, "ask", gone)
    with pytest.raises(TypesettingError, match="twice"):
        few.ask(order(), b"")
    assert few.idle == ()


def test_a_paper_that_cannot_be_set_says_why_and_keeps_nobody_elses(few: Typesetters) -> None:
    few.ask(order(), b"")
    with pytest.raises(TypesettingError, match="key"):
        few.ask(order(told='{"other": 1}'), b"")
    (pid,) = few.idle
    assert few.ask(order(), b"").startswith(b"%PDF")
    assert few.idle == (pid,)


def test_one_that_hangs_is_ended(few: Typesetters, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "hangs.typ").write_text("#let sum = 0\n#for n in range(1000000000) { sum += n }")
    monkeypatch.setattr(typesetters, "LATE_S", 0.3)
    with pytest.raises(TypesettingError, match=r"more than 0\.3 s"):
        few.ask(order(template="hangs.typ"), b"")
    monkeypatch.undo()
    assert few.ask(order(), b"").startswith(b"%PDF")


def test_several_at_once_are_set_by_no_more_than_allowed(few: Typesetters) -> None:
    names = [f"Customer {n}" for n in range(8)]
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda name: few.ask(order(name), b""), names))
    assert len(set(made)) == len(names)
    assert 1 <= len(few.idle) <= 2
    assert made[3] == few.ask(order(names[3]), b"")


def test_one_ends_when_it_rests_and_when_nobody_is_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, ours = Pipe(duplex=False)
    heard, answers = Pipe(duplex=False)
    with asked, heard, answers:
        monkeypatch.setattr(typesetter, "REST_S", 0.01)
        typesetter.serve(asked, answers, folder)
        monkeypatch.setattr(typesetter, "REST_S", 30.0)
        at_work = threading.Thread(target=typesetter.serve, args=(asked, answers, folder))
        at_work.start()
        ours.close()
        at_work.join(10)
        assert not at_work.is_alive()


def test_it_sees_no_secret(few: Typesetters, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAFTOPS_SECRET", "not for papers")
    few.ask(order(), b"")
    (pid,) = few.idle
    assert b"not for papers" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_whoever_asks_for_a_paper_loads_none_of_it() -> None:
    label = PartLabel("K7", "Bracket", (), "1 of 2", "https://shop.example/k7")
    assert part_label_pdf(label, date(2026, 3, 4)).startswith(b"%PDF")
    code = (
        "import sys; from datetime import date; from craftops.papers.labels import PartLabel, part_label_pdf\n"
        "part_label_pdf(PartLabel('K7', 'Bracket', (), '1 of 2', 'https://shop.example/k7'), date(2026, 3, 4))\n"
        "print(*{'typst', 'fontTools'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "\n"
