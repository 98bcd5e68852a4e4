"""``craftops plugins new``: what it writes is small, works as it is, and fits each kind that there is."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from craftops import hookspecs
from craftops.cli.scaffold import KINDS, write_package
from craftops.errors import CraftOpsError

pytestmark = pytest.mark.long
MOST_LINES = 60


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("packages")
    return {kind: write_package(kind, f"my_{kind}", folder) for kind in KINDS}


def code_lines(path: Path) -> int:
    """Lines of code: without blank ones, comments and docstrings."""
    tree = ast.parse(path.read_text())
    said = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = enumerate(path.read_text().splitlines(), start=1)
    return sum(1 for number, line in lines if number not in said and line.strip() and not line.strip().startswith("#"))


def test_each_is_small_and_whole(packages: dict[str, Path]) -> None:
    for kind, folder in packages.items():
        own = list((folder / folder.name).glob("*.py"))
        assert sum(map(code_lines, own)) < MOST_LINES, kind
        assert all(ast.get_docstring(ast.parse(path.read_text())) for path in (*own, *folder.glob("tests/*.py")))
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        assert project["entry-points"]["craftops.plugins"] == {folder.name: folder.name}
        assert re.fullmatch(r"craftops>=[\d.]+,<[\d.]+", project["dependencies"][0])


def test_there_is_one_for_everything_that_can_be_registered(packages: dict[str, Path]) -> None:
    hooks = {name for name in vars(hookspecs.HookSpecs) if name.startswith("register_")}
    written = "".join(path.read_text() for folder in packages.values() for path in folder.rglob("*.py"))
    assert {hook for hook in hooks if f"def {hook}(" in written} == hooks


@pytest.mark.ci
def test_what_each_brings_passes_its_contract(packages: dict[str, Path]) -> None:
    """All of them in one process, as `craftops plugins test` runs each."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, packages.values()))}
    files = [str(path) for folder in packages.values() for path in folder.glob("tests/*.py")]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--import-mode=importlib", *files],
        capture_output=True, text=True, env=environment, cwd=files[0].rpartition("/")[0], check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    passed = re.search(r"(\d+) passed", ran.stdout)
    assert passed is not None
    assert int(passed[1]) > 5 * len(packages)


def test_a_name_that_cannot_be_one_is_refused_and_nothing_is_overwritten(tmp_path: Path) -> None:
    for name in ("class", "My", "9lives", "a-b", "../x", ""):
        with pytest.raises(CraftOpsError, match="cannot be called"):
            write_package("theme", name, tmp_path)
    write_package("theme", "mine", tmp_path)
    with pytest.raises(CraftOpsError, match="already"):
        write_package("theme", "mine", tmp_path)
