"""Pictures from outside are drawn again: small, upright, silent about where they come from; bombs stay closed."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from samples.pictures import from_a_phone, jpeg, jpeg_bomb, jpeg_of_scans, png, png_bomb, png_text_bomb

from craftops.errors import IntakeError
from craftops.services.files.pictures import BOMB, CUT_OFF, FRAME, NO_PICTURE, SMALL, TOO_MANY, PictureLimits, redraw
from craftops.store.frames import KEPT, FrameStore


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("make", [jpeg, png])
def test_it_is_a_jpeg_of_ours_of_a_bounded_size(make: Callable[..., bytes]) -> None:
    drawn = redraw(make(3000, 1500), FRAME)
    made = opened(drawn.content)
    assert made.format == "JPEG"
    assert made.size == (drawn.width, drawn.height) == (1280, 640)
    assert len(drawn.content) <= FRAME.bytes


def test_nothing_rides_along_and_it_stands_upright() -> None:
    raw = from_a_phone()
    assert b"Ada Lovelace" in raw
    drawn = redraw(raw, FRAME)
    made = opened(drawn.content)
    assert (drawn.width, drawn.height) == (240, 320)
    assert made.getpixel((230, 10)) > (200, 200, 200), "the white corner has turned to the top right"
    assert not made.getexif()
    for word in (b"Ada", b"kitchen", b"Exif", b"ICC_PROFILE"):
        assert word not in drawn.content


@pytest.mark.parametrize(
    ("turns", "corner"),
    [
        ({}, (5, 5)),
        ({"mirrored": True}, (315, 5)),
        ({"upside_down": True}, (5, 235)),
        ({"turned": 90}, (235, 5)),
        ({"turned": 180}, (315, 235)),
        ({"turned": 270}, (5, 315)),
        ({"mirrored": True, "turned": 90}, (235, 315)),
    ],
)
def test_a_camera_that_hangs_askew_is_put_right(turns: dict[str, int], corner: tuple[int, int]) -> None:
    made = opened(redraw(jpeg(), FRAME, **turns).content)
    assert min(made.getpixel(corner)) > 200


def test_noise_is_pressed_until_it_fits() -> None:
    out = io.BytesIO()
    Image.effect_noise((800, 800), 120).convert("RGB").save(out, "PNG")
    assert len(redraw(out.getvalue(), PictureLimits(800, 200_000)).content) < len(
        redraw(out.getvalue(), PictureLimits(800, 10**9)).content
    )


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", NO_PICTURE),
        (b"<html>not here</html>" * 50, NO_PICTURE),
        (b"GIF89a" + bytes(200), NO_PICTURE),
        (b"\xff\xd8\xff" + bytes(500), NO_PICTURE),
        (jpeg()[:700], CUT_OFF),
        (png()[:-30], CUT_OFF),
        (png_bomb, TOO_MANY),
        (partial(png_bomb, 5000), TOO_MANY),
        (jpeg_bomb, TOO_MANY),
        (partial(jpeg_bomb, 9000), TOO_MANY),
        (png_text_bomb, CUT_OFF),
        (jpeg_of_scans, BOMB),
    ],
    ids=range(12),
)
def test_what_is_none_or_means_harm_is_refused_at_once(raw: bytes | Callable[[], bytes], sentence: str) -> None:
    raw = raw() if callable(raw) else raw
    began = time.process_time()
    with pytest.raises(IntakeError, match=sentence[:25]):
        redraw(raw, SMALL)
    assert time.process_time() - began < 2.0


def test_the_newest_frames_of_a_machine_are_kept_and_no_more(tmp_path: Path) -> None:
    store = FrameStore(tmp_path / "cameras")
    kept = [store.put(7, bytes([number]) * 10) for number in range(KEPT + 3)]
    assert store.read(7, kept[0]) is None
    assert store.read(7, kept[-1]) == bytes([KEPT + 2]) * 10
    assert store.read(8, kept[-1]) is None, "another machine's"
    assert store.read(7, "../../craftops.db") is None
    assert sum(1 for path in (tmp_path / "cameras/7").iterdir()) == KEPT


def test_who_looks_is_known_for_a_while_and_old_frames_go(tmp_path: Path) -> None:
    store = FrameStore(tmp_path / "cameras")
    now = time.time()
    assert store.wanted(0.0) == set()
    store.want(3)
    store.put(4, b"x")
    assert store.wanted(now - 5) == {3}
    assert store.wanted(now + 60) == set()
    store.sweep(now - 60)
    assert len(list((tmp_path / "cameras").glob("*/*"))) == 2
    store.sweep(now + 60)
    assert not list((tmp_path / "cameras").glob("*/*"))
