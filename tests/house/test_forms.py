"""Every form is declared, and whatever is sent to it is read or refused in sentences."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from craftops.errors import IntakeError
from craftops.web.frame.sent_form import SentForm

ROOT = Path(__file__).parents[2]
TREES = ("craftops", "plugins", "machines", "themes")
READS = "craftops/web/frame/sent_form.py"
TEXTS = st.one_of(
    st.text(max_size=30), st.sampled_from(["", " ", "0", "1", "on", "-1", "²", "9" * 30, "1.5", "true", "\x7f", "é/é"])
)


def _forms() -> Iterator[type[SentForm]]:
    for path in sorted((ROOT / "craftops" / "web").glob("*/forms.py")):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, SentForm) and one.__module__ == module.__name__:
                yield one


FORMS = list(_forms())


def test_what_is_sent_is_read_in_one_place() -> None:
    found = {
        str(path.relative_to(ROOT))
        for tree in TREES
        for path in (ROOT / tree).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"form", "files", "values"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "request"
    }
    assert found == {READS}


def test_there_are_forms_in_every_room_that_asks() -> None:
    assert len(FORMS) > 80


def _read_or_refused(form: type[SentForm], drawn: list[tuple[int, str, str]]) -> None:
    names = [info.alias or name for name, info in form.model_fields.items()]
    sent = MultiDict([(names[which % len(names)] + behind, text) for which, behind, text in drawn])
    try:
        read = form.read(sent)
    except IntakeError as error:
        assert error.fields
        assert all(error.fields.values())
        assert set(error.fields) <= set(names)
    else:
        assert form.read(sent) == read


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["", "", "-1", "1"]), TEXTS), max_size=8))
def test_whatever_is_sent_is_read_or_refused_in_sentences(drawn: list[tuple[int, str, str]]) -> None:
    for form in FORMS:
        _read_or_refused(form, drawn)
