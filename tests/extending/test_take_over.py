"""A running shop takes new plugins over, and nobody who asks for a page meanwhile goes away without one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from samples.wheels import make_wheel, plugin_module

from craftops.processes.ports import free_port

pytestmark = pytest.mark.long
PATIENCE_S = 90.0
LOOK = """
@hookimpl
def register_themes(self):
    from pathlib import Path
    from craftops.sdk.theme import Theme
    return [Theme("snow", "Snow", Path(__file__).parent)]
"""


class RunningShop:
    """``craftops run`` on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.data, self.wheels = folder / "shop", folder / "wheels"
        self.data.mkdir()
        self.port, self.broker = free_port("127.0.0.1"), free_port("127.0.0.1")
        self.configure('enabled = ["theme_workshop"]')
        self.process: subprocess.Popen[str] | None = None

    def configure(self, plugins: str, more: str = "") -> None:
        (self.data / "shop.toml").write_text(
            f'[server]\nport = {self.port}\n[broker]\nport = {self.broker}\nurl = "embedded"\n'
            f'[plugins]\nwheels = "{self.wheels}"\n{plugins}\n{more}'
        )

    def start(self) -> None:
        self.process = subprocess.Popen(self.command("run"), stderr=subprocess.PIPE, text=True)
        self.log: list[str] = []
        threading.Thread(target=lambda: self.log.extend(self.process.stderr or ()), daemon=True).start()  # type: ignore[union-attr]
        until(lambda: self.asked("/healthz") is not None, "pages", self)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "craftops.cli", "--data", str(self.data), *words]

    def asked(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                return str(answer.read().decode())
        except OSError:
            return None

    def close(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)


def until(true: Callable[[], object], what: str, shop: RunningShop) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < ends, f"{what} did not come: {''.join(shop.log[-40:])}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    shop = RunningShop(tmp_path_factory.mktemp("running"))
    try:
        shop.start()
        yield shop
    finally:
        shop.close()


@pytest.mark.ci
def test_from_the_config_to_the_page_without_a_pause_and_back(running: RunningShop) -> None:
    files = {"snow/__init__.py": plugin_module("snow", LOOK), "snow/tokens.css": "/* it snows */\n"}
    make_wheel(running.wheels, "craftops-snow", files=files, plugins={"snow": "snow"})
    over, missed, asked = threading.Event(), [], []

    def visit() -> None:
        while not over.wait(0.02):
            began = time.monotonic()
            (asked if running.asked("/sign-in" if len(asked) % 2 else "/healthz") is not None else missed).append(began)

    visitor = threading.Thread(target=visit)
    visitor.start()
    began = time.monotonic()
    running.configure('install = ["craftops-snow"]\nenabled = ["theme_workshop", "snow"]', '[theme]\nname = "snow"\n')
    subprocess.run(running.command("plugins", "sync"), check=True, capture_output=True)
    until(lambda: "it snows" in (running.asked("/theme.css") or ""), "snow", running)
    took = time.monotonic() - began
    running.configure('enabled = ["theme_workshop"]')
    back = subprocess.run(running.command("plugins", "sync"), check=False, capture_output=True, text=True)
    assert back.returncode == 0, back.stderr
    until(lambda: "it snows" not in (running.asked("/theme.css") or "it snows"), "the end of snow", running)
    over.set()
    visitor.join()
    assert missed == [], f"{len(missed)} of {len(asked)} visitors got no page"
    assert len(asked) > 20
    assert took < PATIENCE_S


@pytest.mark.ci
def test_a_web_process_that_does_not_come_up_changes_nothing(running: RunningShop) -> None:
    """Somebody breaks the configuration and asks for a restart: the old pages stay."""
    before = len(running.log)
    running.configure('enabled = ["theme_workshop", "nobody"]')
    folder = running.data / "plugins"
    folder.mkdir(exist_ok=True)
    (folder / "restart").write_text(str(time.time_ns()))
    until(lambda: any("did not come up" in line for line in running.log[before:]), "the refusal", running)
    assert running.asked("/healthz") is not None
    assert os.path.exists(f"/proc/{running.process.pid}" if running.process else "")


@pytest.mark.ci
def test_a_shop_that_a_plugin_breaks_opens_without_it_at_the_third_start(tmp_path: Path) -> None:
    shop = RunningShop(tmp_path)
    shop.configure('enabled = ["theme_workshop", "nobody"]')
    for _ in range(2):
        failed = subprocess.run(shop.command("run"), capture_output=True, text=True, timeout=60, check=False)
        assert failed.returncode == 1
        assert "'nobody' is not installed" in failed.stderr
        assert "Traceback" not in failed.stderr
    try:
        shop.start()
        assert any("opens as with --safe, without: nobody" in line for line in shop.log)
    finally:
        shop.close()
