"""A 3MF is looked through before anything in it is expanded (ASVS 5.2.3)."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from craftops_plugins.analyzer_mesh import package

from craftops.sdk.analyzer import NotReadable

ZEROS = bytes(package.SMALL + 1)


def zipped(fill: Callable[[zipfile.ZipFile], object]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        fill(archive)
    return out.getvalue()


def many(archive: zipfile.ZipFile) -> None:
    for number in range(package.MOST_MEMBERS + 1):
        archive.writestr(f"3D/{number}.model", b"")


def lying() -> bytes:
    """It says that its model has ten bytes, and has twenty million."""
    honest = zipped(lambda archive: archive.writestr("3D/3dmodel.model", ZEROS))
    size = struct.pack("<I", len(ZEROS))
    assert honest.count(size) == 2
    return honest.replace(size, struct.pack("<I", 10))


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda: zipped(lambda archive: archive.writestr("3D/3dmodel.model", ZEROS)), "bomb"),
        (lambda: zipped(many), "bomb"),
        (lambda: zipped(lambda archive: archive.writestr("../3dmodel.model", b"<model/>")), "unsafe_names"),
        (lambda: zipped(lambda archive: archive.writestr("/etc/passwd.model", b"<model/>")), "unsafe_names"),
        (lambda: zipped(lambda archive: [archive.writestr(name, b"1") for name in ("a.model", "A.model")]),
         "duplicate_parts"),
        (lambda: b"PK\x03\x04 and nothing more", "not_3mf"),
    ],
)  # fmt: skip
def test_what_would_unpack_to_harm_is_refused_unopened(tmp_path: Path, made: Callable[[], bytes], why: str) -> None:
    data = made()
    path = tmp_path / "part.3mf"
    path.write_bytes(data)
    with pytest.raises(NotReadable) as caught:
        package.open_package(path)
    assert caught.value.code == why


def test_a_file_that_is_larger_than_it_says_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "part.3mf"
    path.write_bytes(lying())
    with pytest.raises(NotReadable) as caught:
        package.open_package(path).read("3D/3dmodel.model")
    assert caught.value.code in ("bomb", "damaged")
