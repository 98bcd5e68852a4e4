"""Which kind a file is: its bytes first, then its name; and a sentence that says what to send instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.files.designs import FileFormat
from craftops.domain.files.file_types import (
    ENDINGS,
    FILE_TYPES,
    HEAD,
    MAGIC,
    ending_of,
    file_type_by_name,
    format_of,
    identify,
    refusal,
)

SEEN = [
    (b"", "part.stl", "empty"),
    (b"solid a\nfacet normal 0 0 1\n", "part.txt", "stl"),
    (b"# a\nv 0 0 0\nv 1 0 0\n", "part.obj", "obj"),
    (b"v 0 0 0\nv 1 0 0\n", "part.stl", "obj"),
    (b"PK\x03\x04....3D/3dmodel.model", "part.zip", "3mf"),
    (b"PK\x03\x04....word/document.xml", "part.zip", "office"),
    (b"PK\x03\x04....readme.txt", "part.zip", "zip"),
    (b"PK\x03\x04....readme.txt", "part.3mf", "3mf"),
    (b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "part.txt", "dxf"),
    (b"AutoCAD Binary DXF\r\n\x1a\0", "part.bin", "dxf"),
    (b"AC1015" + bytes(9), "part.dxf", "dwg"),
    (b"<?xml version='1.0'?><svg xmlns='x'>", "part.xml", "svg"),
    (b"<svg:svg xmlns:svg='x'>", "part.xml", "svg"),
    ("<svg xmlns='x'>".encode("utf-16"), "part.svg", "svg"),
    (b"<!DOCTYPE html><html>", "part.stl", "html"),
    (b"<html><body>", "part.3mf", "html"),
    (b"%PDF-1.5", "part.ai", "ai"),
    (b"%PDF-1.5", "part.pdf", "pdf"),
    (b"%!PS-Adobe-3.0", "part.ai", "ai"),
    (b"%!PS-Adobe-3.0", "part.eps", "postscript"),
    (b"\x89PNG\r\n", "part.svg", "picture"),
    (b"\xef\xbb\xbf%PDF", "part.pdf", "pdf"),
    (b"ISO-10303-21;", "part.stl", "step"),
    (b"G21\nG90\nG1 X5\n", "part.txt", "gcode"),
    (b"\x7fELF", "part.stl", "program"),
    (b"<?xml version='1.0'?><drawing/>", "part.txt", "xml"),
    (b"what is this", "part.stp", "step"),
    (b"what is this", "part", "unknown"),
    (b"what is this", "part.xyz", "unknown"),
]


@pytest.mark.parametrize(("head", "name", "kind"), SEEN)
def test_bytes_come_before_names(head: bytes, name: str, kind: str) -> None:
    assert identify(head, name).name == kind


@given(st.binary(max_size=HEAD), st.text(max_size=30))
def test_any_bytes_and_any_name_are_some_kind_with_a_sentence(head: bytes, name: str) -> None:
    for start in (b"", b"PK\x03\x04", b"\xff\xfe", b"<?xml", b"solid "):
        kind = identify(start + head, name)
        assert FILE_TYPES[kind.name] is kind
        assert refusal(kind, name).startswith("This is ")


def test_every_word_of_the_tables_is_a_kind() -> None:
    assert {kind for _magic, kind in MAGIC} <= set(FILE_TYPES)
    assert set(ENDINGS.values()) <= set(FILE_TYPES)
    assert {known.value for known in FileFormat} <= set(FILE_TYPES)


@pytest.mark.parametrize(
    ("name", "ending"), [("a.STL", "stl"), ("a.b.Dxf ", "dxf"), ("none", ""), (".ai", "ai"), ("a.", "")]
)
def test_an_ending_is_read_in_any_letters(name: str, ending: str) -> None:
    assert ending_of(name) == ending
    assert (format_of(name) is not None) == (ending in {known.value for known in FileFormat})


def test_a_refusal_says_what_it_is_what_it_claims_and_what_to_do() -> None:
    said = refusal(FILE_TYPES["html"], "part.stl")
    assert said == "This is a web page, although its name says STL. Download the file itself and send that."
    assert "ends in .obj" in refusal(FILE_TYPES["obj"], "part.stl")
    assert "although" not in refusal(FILE_TYPES["step"], "part.step")


def test_what_may_ride_along_is_known_by_its_name() -> None:
    assert file_type_by_name("offer.pdf").companion
    assert file_type_by_name("photo.JPG").companion
    assert not file_type_by_name("part.exe").companion
