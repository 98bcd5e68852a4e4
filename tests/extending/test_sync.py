"""``craftops plugins sync``: what shop.toml names is installed beside the running program, or nothing is changed."""

from __future__ import annotations

import importlib.metadata
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from packaging.pylock import Pylock
from samples.wheels import make_plugin_wheel, make_wheel, plugin_module

from craftops.cli.scaffold import write_package
from craftops.config import Config, load_config
from craftops.errors import ConfigError, CraftOpsError
from craftops.plugin_host.environment import PluginFolder
from craftops.processes import plugin_sync
from craftops.processes.pip_words import why_not

pytestmark = pytest.mark.long
NOW = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)


class SyncedShop:
    """A shop whose plugins come from a folder of wheels, and never from a network."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "shop"
        self.wheels = folder / "wheels"
        self.data.mkdir()
        self.wheels.mkdir()
        self.folder = PluginFolder(self.data)

    def config(self, install: list[str], enabled: list[str], more: str = "") -> Config:
        text = f'[plugins]\ninstall = {install!r}\nenabled = {enabled!r}\nwheels = "{self.wheels}"\n{more}'
        (self.data / "shop.toml").write_text(text)
        return load_config(data=self.data, env={})

    def sync(self, install: list[str], enabled: list[str], more: str = "", **how: bool) -> plugin_sync.Synced:
        return plugin_sync.sync(self.config(install, enabled, more), at=NOW, **how)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "craftops.cli", "--data", str(self.data), *command],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def lock(self) -> dict[str, object]:
        return tomllib.loads(self.folder.lock.read_text())


@pytest.fixture
def shop(tmp_path: Path) -> SyncedShop:
    return SyncedShop(tmp_path)


@pytest.mark.ci
def test_install_newer_and_back(shop: SyncedShop) -> None:
    make_plugin_wheel(shop.wheels, "bell", "1.0")
    first = shop.sync(["craftops-bell>=1,<2"], ["bell"])
    assert first.packages == ("craftops-bell 1.0",)
    assert [one.names for one in first.tried] == [("bell",)]
    listed = shop.run("plugins", "list").stdout
    assert "* bell                     1.0        Bell (from craftops-bell)" in listed
    assert "machine_mqtt" in listed
    assert shop.run("plugins", "check").returncode == 0

    lock = Pylock.from_dict(shop.lock())
    lock.validate()
    assert [(one.name, str(one.version)) for one in lock.packages] == [("craftops-bell", "1.0")]

    again = shop.sync(["craftops-bell>=1,<2"], ["bell"])
    assert not again.changed
    make_plugin_wheel(shop.wheels, "bell", "1.5")
    before = shop.folder.active()
    assert shop.sync(["craftops-bell>=1,<2"], ["bell"]).packages == ("craftops-bell 1.5",)
    assert shop.folder.before() == before
    assert " 1.5 " in shop.run("plugins", "list").stdout

    assert shop.run("migrate").returncode == 0
    gone_back = shop.run("plugins", "back")
    assert gone_back.returncode == 0, gone_back.stderr
    assert shop.folder.active() == before
    with closing(sqlite3.connect(shop.data / "craftops.db")) as database:
        trail = database.execute("SELECT what, before, after FROM audit").fetchall()
    assert trail == [("plugins_changed", "craftops-bell 1.5", "craftops-bell 1.0")]
    assert "1.0" in shop.folder.lock.read_text()

    shutil.rmtree(shop.wheels)  # what is locked needs neither the folder nor a network
    shop.wheels.mkdir()
    shop.folder.current.unlink()
    assert shop.sync(["craftops-bell>=1,<2"], ["bell"], locked=True).packages == ("craftops-bell 1.0",)


@pytest.mark.ci
def test_two_requirements_of_one_package_that_cannot_both_be(shop: SyncedShop) -> None:
    make_plugin_wheel(shop.wheels, "bell")
    shop.sync(["craftops-bell"], ["bell"])
    before = (shop.folder.active(), shop.folder.lock.read_text())
    running = importlib.metadata.version("flask")
    make_plugin_wheel(shop.wheels, "old", requires=["craftops>=0.1", "flask<1"])
    with pytest.raises(ConfigError) as caught:
        shop.sync(["craftops-bell", "craftops-old"], ["bell", "old"])
    assert f"craftops-old 1.0 wants flask<1, and CraftOps runs with flask {running}." in caught.value.sentence
    make_plugin_wheel(shop.wheels, "future", requires=["craftops>=9"])
    with pytest.raises(ConfigError, match=r"craftops-future 1\.0 wants craftops>=9, and CraftOps runs with craftops"):
        shop.sync(["craftops-future"], [])
    with pytest.raises(ConfigError, match="There is no wheel of craftops-nobody that fits"):
        shop.sync(["craftops-nobody"], [])
    with pytest.raises(ConfigError, match="neither a package nor a wheel nor a folder"):
        shop.sync(["git+https://example.org/x.git"], [])
    assert (shop.folder.active(), shop.folder.lock.read_text()) == before


@pytest.mark.ci
def test_what_does_not_start_is_never_switched_to(shop: SyncedShop) -> None:
    make_plugin_wheel(shop.wheels, "bell")
    shop.sync(["craftops-bell"], ["bell"])
    before = shop.folder.active()
    make_plugin_wheel(shop.wheels, "leaver", before="import sys; sys.exit('bye')")
    with pytest.raises(ConfigError) as caught:
        shop.sync(["craftops-bell", "craftops-leaver"], ["bell"])
    assert "The plugin leaver cannot be loaded: it ended the process (sys.exit('bye'))." in caught.value.sentence
    with pytest.raises(ConfigError, match="did you mean 'greeting'"):
        shop.sync(["craftops-bell"], ["bell"], '[plugin.bell]\ngreting = "x"\n')
    assert shop.folder.active() == before
    assert [one.name for one in shop.folder.envs.iterdir()] == [before.name if before else ""]


@pytest.mark.ci
def test_a_wheel_that_was_changed_on_its_way_is_not_taken(shop: SyncedShop) -> None:
    make_plugin_wheel(shop.wheels, "bell")
    shop.sync(["craftops-bell"], ["bell"])
    [kept] = shop.folder.root.glob("wheels/*/*.whl")
    make_wheel(kept.parent, "craftops-bell", files={"bell.py": "raise SystemExit"}, plugins={"bell": "bell"})
    shop.folder.current.unlink()
    with pytest.raises(ConfigError, match=r"(?i)hash"):
        shop.sync(["craftops-bell"], ["bell"], locked=True)
    assert shop.folder.active() is None


@pytest.mark.ci
def test_a_folder_of_ones_own_and_what_it_needs(shop: SyncedShop, tmp_path: Path) -> None:
    pytest.importorskip("setuptools", "70.1", reason="an older one makes no wheels by itself")
    folder = write_package("listener", "my_bell", tmp_path)
    make_wheel(shop.wheels, "tiny-bells", "2.0", files={"tiny_bells.py": "LOUD = True\n"}, requires=())
    project = folder / "pyproject.toml"
    project.write_text(project.read_text().replace('dependencies = ["', 'dependencies = ["tiny-bells>=2", "'))
    before = sorted(path for path in folder.rglob("*"))
    done = shop.sync(["../my_bell"], ["my_bell"])
    assert done.packages == ("craftops-my-bell 0.1", "tiny-bells 2.0")
    assert sorted(path for path in folder.rglob("*")) == before, "nothing is left in the author's folder"
    assert [one.hooks for one in done.tried] == [("order_placed",)]
    nothing = shop.sync([], [])
    assert nothing.packages == ()
    assert "my_bell" not in shop.run("plugins", "list").stdout


@pytest.mark.ci
def test_a_folder_is_built_by_what_is_here_and_nobody_is_asked(
    shop: SyncedShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No folder of wheels is named, and the index that pip would ask is not there."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    folder = write_package("listener", "my_bell", tmp_path)
    (shop.data / "shop.toml").write_text('[plugins]\ninstall = ["../my_bell"]\nenabled = ["my_bell"]\n')
    done = plugin_sync.sync(load_config(data=shop.data, env={}), at=NOW)
    assert done.packages == ("craftops-my-bell 0.1",)
    project = folder / "pyproject.toml"
    project.write_text(project.read_text().replace("setuptools>=61", "setuptools>=9999"))
    (shop.data / "shop.toml").write_text('[plugins]\ninstall = ["../my_bell"]\n')
    with pytest.raises(ConfigError, match="cannot be made into a package"):
        plugin_sync.sync(load_config(data=shop.data, env={}), at=NOW)


def test_without_anything_to_go_back_to(shop: SyncedShop) -> None:
    with pytest.raises(CraftOpsError, match="no earlier set"):
        plugin_sync.back(shop.config([], []))
    with pytest.raises(ConfigError, match="There is no lock"):
        shop.sync([], [], locked=True)


@pytest.mark.ci
def test_a_plugin_beside_the_program_never_hides_what_the_program_is_made_of(shop: SyncedShop) -> None:
    """Whatever a wheel brings along: the core's own modules are found first."""
    files = {"bell.py": plugin_module("bell"), "flask.py": "raise SystemExit('not flask')\n"}
    make_wheel(shop.wheels, "craftops-bell", files=files, plugins={"bell": "bell"})
    shop.sync(["craftops-bell"], ["bell"])
    checked = shop.run("config", "check")
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError(…)'\nERROR: No matching distribution found for acme", "The package index cannot be reached."),
        ("ERROR: No matching distribution found for acme>=9", "There is no wheel of acme>=9"),
        ("ERROR: Something else went wrong\n", "Something else went wrong"),
        ("", "pip did not say why."),
    ],
)  # fmt: skip
def test_the_words_of_pip_become_a_sentence(said: str, sentence: str) -> None:
    assert why_not(said).startswith(sentence)
