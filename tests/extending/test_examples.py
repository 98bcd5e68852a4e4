"""The three examples: small, installed from a shop's config, and true to what their kind must keep to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_scaffold import code_lines

from craftops.config import load_config
from craftops.plugin_host.environment import PluginFolder
from craftops.processes import plugin_sync

pytestmark = pytest.mark.long
EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.iterdir() if (path / "pyproject.toml").is_file())
MOST_LINES = 80


def test_each_is_small() -> None:
    assert NAMES == ["counter_twint", "laser_grbl", "theme_winter"]
    for name in NAMES:
        assert sum(map(code_lines, (EXAMPLES / name / name).glob("*.py"))) < MOST_LINES, name


def test_they_see_of_craftops_what_a_stranger_may_see() -> None:
    allowed = re.compile(r"craftops\.(sdk|domain|errors)\b")
    for path in EXAMPLES.glob("*/*/__init__.py"):
        imported = re.findall(r"^(?:from|import) (craftops[\w.]*)", path.read_text(), flags=re.MULTILINE)
        assert imported
        assert all(allowed.match(one) for one in imported), path


@pytest.mark.ci
def test_they_keep_to_their_contracts() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(EXAMPLES / name) for name in NAMES)}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--import-mode=importlib",
         "-c", str(EXAMPLES / NAMES[0] / "pyproject.toml"), *(str(EXAMPLES / name / "tests") for name in NAMES)],
        capture_output=True, text=True, env=environment, cwd=EXAMPLES / NAMES[0], check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]


@pytest.mark.ci
def test_they_are_installed_from_the_config(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", "70.1", reason="an older one makes no wheels by itself")
    (tmp_path / "wheels").mkdir()
    folders = ", ".join(f'"{EXAMPLES / name}"' for name in NAMES)
    (tmp_path / "shop.toml").write_text(
        f'[plugins]\ninstall = [{folders}]\nwheels = "wheels"\n'
        'enabled = ["theme_workshop", "theme_winter", "laser_grbl", "counter_twint"]\n'
        '[theme]\nname = "winter"\n[plugin.counter_twint]\nmerchant = "Fabrik Nord"\n'
    )
    done = plugin_sync.sync(load_config(data=tmp_path, env={}), at=datetime(2026, 11, 28, tzinfo=UTC))
    assert done.packages == ("craftops-counter-twint 1.0", "craftops-laser-grbl 1.0", "craftops-theme-winter 1.0")
    assert [one.brings for one in done.tried] == [
        ("payment provider twint",), ("machine driver grbl",), ("theme winter",),
    ]  # fmt: skip
    assert all(one.missed == () for one in done.tried), "the checklist is held"
    said = subprocess.run(
        [sys.executable, "-m", "craftops.cli", "--data", str(tmp_path), "plugins", "check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout
    assert PluginFolder(tmp_path).active() is not None
