"""The quick readers of OBJ and 3MF say what the patient ones say, or step aside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from craftops_plugins.analyzer_mesh import model_xml, obj
from craftops_plugins.analyzer_mesh.numbers import decimals, quoted, wholes
from hypothesis import given
from hypothesis import strategies as st

from craftops.sdk.analyzer import NotReadable

numbers = st.sampled_from(["0", "-0", "1", "1.5", "-2.25e-3", "1e10", ".5", "1.", "+3", "0.1", "007", "1e400", "nan"])
places = st.sampled_from(["1", "2", "3", "4", "0", "-1", "9", "2/1", "2//3", "1.0"])
gaps = st.sampled_from([" ", " ", " ", " ", "  ", "\t"])
ends = st.sampled_from(["\n", "\n", "\n", "\r\n", " \n", "\n\n", " \\\n"])


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """OBJ files as they come, and a little worse."""
    regular = draw(st.booleans())
    lines = draw(st.sampled_from(["", "# made\n", "o part\nmtllib a.mtl\n", " v 1 1 1\n"]))
    gap, end = (" ", draw(st.sampled_from(["\n", "\r\n"]))) if regular else ("", "")
    for letter, values, width in (("v", numbers, 3), ("f", places, 3)):
        for _ in range(draw(st.integers(1, 5))):
            count = width if regular else draw(st.integers(2, 4))
            words = [draw(values if not regular else st.sampled_from(["1", "2", "3"])) for _ in range(count)]
            lines += letter + "".join((gap or draw(gaps)) + word for word in words) + (end or draw(ends))
        lines += draw(
            st.sampled_from(["", "", "vn 0 0 1\n", "usemtl a\n", "f 1 2 3\n", "v 7 7 7\n", "  f 1 1 1\n", "l 1 2\n"])
        )
    return lines.encode()


def read(path: Path) -> object:
    try:
        mesh = obj.read_obj(path)
    except NotReadable as error:
        return error.code
    return mesh.triangles.tobytes(), mesh.findings, mesh.segments is None


@given(texts())
def test_a_block_at_once_is_what_its_lines_are(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "same.obj"
    path.write_bytes(text)
    with pytest.MonkeyPatch.context() as patch:
        quick = read(path)
        patch.setattr(obj, "_plain", lambda _data: None)
        assert quick == read(path)


def test_the_usual_file_is_read_at_once() -> None:
    plain = obj._plain(
        b"# made by a program\no cube\nv 1 2 3.5\nv -1 0 0\nv 0 0 9\nvn 0 0 1\nusemtl a\nf 1 2 3\nf 3 2 1\n"
    )
    assert plain is not None
    assert plain[0].tolist() == [[1, 2, 3.5], [-1, 0, 0], [0, 0, 9]]
    assert plain[1].tolist() == [[0, 1, 2], [2, 1, 0]]


@given(st.lists(numbers, max_size=9), st.lists(gaps, min_size=9, max_size=9))
def test_decimals_are_the_same_to_the_last_bit(words: list[str], between: list[str]) -> None:
    found = decimals("".join(word + gap for word, gap in zip(words, between, strict=False)).encode())
    if "nan" in words:
        assert found is None
    else:
        assert found is not None
        assert found.tolist() == [float(word) for word in words]


def test_wholes_have_no_sign_and_no_point() -> None:
    assert wholes(b" 1 22\r\n333\t4 ").tolist() == [1, 22, 333, 4]  # type: ignore[union-attr]
    assert wholes(b"1 -2") is None
    assert wholes(b"1.5") is None


PATTERN = b'<vertex x="" y="" z=""/>'


@pytest.mark.parametrize("gap", [b"", b"\n", b"\r\n      ", b" "])
def test_quoted_numbers_are_cut_out_of_regular_elements(gap: bytes) -> None:
    rows = [b'<vertex x="1" y="2.5" z="-3"/>', b'<vertex x="40" y="5" z="6e-7"/>', b'<vertex x="" y="8" z="9"/>']
    assert quoted(gap + gap.join(rows) + b"\n   ", PATTERN) == b"1,2.5,-3,40,5,6e-7,,8,9"


@pytest.mark.parametrize(
    "block",
    [
        b"", b" ", b"<vertex/>", b'<vertex y="1" x="2" z="3"/>', b"<vertex x='1' y='2' z='3'/>",
        b'<vertex x="1" y="2" z="3"/><vertex x="1" z="2" y="3"/>', b'<vertex x="1" y="2" z="3"/>,<vertex x="1" y="2" z="3"/>',
        b'<vertex x="1" y="2" z="3" />', b'<vertex x="1" y="2" z="3"', b'<vertex x="1" y="2" z="3"/><vertex x="1" y="2"/>',
    ],
)  # fmt: skip
def test_elements_that_are_written_otherwise_are_left_to_the_patient_reader(block: bytes) -> None:
    assert quoted(block, PATTERN) is None


@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=5))
def test_vertices_of_3mf_are_the_same_either_way(rows: list[tuple[str, str, str]]) -> None:
    block = "".join('<vertex x="{}" y="{}" z="{}"/>'.format(*row) for row in rows).encode()
    other = block.replace(b'" y', b'"  y')  # one space more, and only the patient reader takes it
    assert np.array_equal(model_xml._vertices(block), model_xml._vertices(other), equal_nan=True)
