"""The house keeps its own rules."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from craftops.example import example_toml

ROOT = Path(__file__).parents[2]
ROOMS = ("craftops", "plugins", "machines", "themes", "examples", "build_backend", "tests", "benchmarks")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def sources(*endings: str) -> Iterator[Path]:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.suffix in endings and "vendor" not in path.parts and "__pycache__" not in path.parts:
                yield path


def test_no_file_is_longer_than_anybody_reads() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in sources(".py", ".css", ".js", ".html")
        if (count := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources(".py")
        if "tests" not in path.parts and "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources(".py")
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    for path in sources(".py", ".js", ".css", ".html"):
        text = path.read_text()
        assert not any(mark in text for mark in marks), path


def test_the_web_starts_light() -> None:
    code = "import sys, craftops.app; print(sorted({'numpy', 'scipy', 'trimesh', 'ezdxf', 'stripe', 'easypost', 'typst', 'fontTools', 'saxonche', 'icalendar', 'mcp', 'starlette', 'uvicorn', 'httpx'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_a_folder_is_no_second_copy_of_a_package() -> None:
    for folder in ("plugins", "machines", "themes"):
        said = subprocess.run(
            [sys.executable, "-c", f"import {folder}"], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert said.returncode != 0
        assert f"craftops_{folder}" in said.stderr


def test_the_example_of_the_configuration_is_true() -> None:
    assert (ROOT / "config" / "shop.example.toml").read_text() == example_toml(), "run `craftops config example`"


def test_no_third_party_file_is_committed() -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git here, so nothing says what is committed")
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    kept = [name for name in listed.stdout.splitlines() if "/vendor/" in name or name.endswith((".woff2", ".min.js"))]
    assert kept == []


def test_imports_point_down() -> None:
    pytest.importorskip("importlinter", reason="import-linter belongs to the development tools")
    said = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert said.returncode == 0, said.stdout


def test_no_two_test_files_have_one_name() -> None:
    """pytest imports them by their bare name: the second one of a name is never collected."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
