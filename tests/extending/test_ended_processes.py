"""A plugin that takes its process along while it runs is named, counted, and left out at the third time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from samples import zoo
from samples.zoo import Animal, hook

from craftops.config import load_config
from craftops.plugin_host import in_hand
from craftops.plugin_host.environment import PluginFolder
from craftops.store.database import close_database, open_database
from craftops.store.migrating import migrate

KILL = "import ctypes, os; exec(os.environ['HOW'])"
WAYS = {
    "os.kill(os.getpid(), 9)": -signal.SIGKILL,  # as the kernel does where memory is out
    "ctypes.string_at(0)": -signal.SIGSEGV,
    "os._exit(3)": 3,
}
OPEN = """
import sys
from pathlib import Path
from craftops.config import load_config
from craftops.processes.opening import opened
from craftops.store.database import connected
from craftops.store.models import PluginTallyRow
shop = opened(load_config(data=Path(sys.argv[1]), env={}), sys.argv[2])
with connected():
    print({(row.plugin, row.hook): (row.failures, row.failed_in) for row in PluginTallyRow.select()})
print(shop.plugins.left_out)
shop.plugins.ask("refuse_upload", upload=None)
print("it lives")
"""


def opened(data: Path, process: str, how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", OPEN, str(data), process],
        capture_output=True, text=True, check=False, env={**os.environ, "HOW": how},
    )  # fmt: skip


def test_killed_crashed_or_ended_it_is_named_and_the_fourth_process_goes_on_without_it(tmp_path: Path) -> None:
    animals = {
        "killer": Animal(hook(KILL, "upload", name="refuse_upload")),
        "listener": Animal(hook("return None", "upload", name="refuse_upload")),
    }
    zoo.settle(tmp_path, animals)
    enabled = '["theme_workshop", "zoo_killer", "zoo_listener"]'  # the last is asked first, and is back by then
    (tmp_path / "shop.toml").write_text(f"[plugins]\nenabled = {enabled}\n")
    open_database(load_config(data=tmp_path, env={}).database)
    migrate(tmp_path)
    close_database()
    for number, (how, code) in enumerate(WAYS.items()):
        ended = opened(tmp_path, "web" if number else "worker", how)
        assert ended.returncode == code, ended.stderr
        assert "{}" in ended.stdout, "nothing is left out yet"
    lives = opened(tmp_path, "web", "os._exit(3)")
    assert lives.stdout.endswith("it lives\n"), lives.stderr
    assert "{('zoo_killer', 'refuse_upload'): (3, 'web')}" in lives.stdout, "counted, and nobody else is"
    assert "'zoo_killer': '3 processes ended within an hour while it was at work (refuse_upload)." in lives.stdout
    assert list((tmp_path / "plugins" / "in-hand").iterdir()) == [], "who ends as it should leaves nothing"
    PluginFolder(tmp_path).ask_restart()
    again = opened(tmp_path, "web", "os._exit(3)")
    assert again.returncode == 3, "after a sync it is tried again"


def test_who_lives_and_who_is_at_nothing_is_no_ended_process(tmp_path: Path) -> None:
    book = in_hand.InHand(tmp_path / "plugins" / "in-hand", "web")
    with book.at("acme", "price_line"):
        assert in_hand.collect(tmp_path) == []
    with pytest.raises(OSError, match="gone"), book.at("acme", "price_line"):
        raise OSError("gone")
    os.close(book._file)
    assert in_hand.collect(tmp_path) == []
    assert in_hand.enders(tmp_path) == {}


def test_a_child_that_ends_does_not_take_the_file_of_its_parent_along(tmp_path: Path) -> None:
    book = in_hand.InHand(tmp_path / "plugins" / "in-hand", "worker")
    child = os.fork()
    if child == 0:
        book.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert len(list((tmp_path / "plugins" / "in-hand").iterdir())) == 1
    book.close()
    assert list((tmp_path / "plugins" / "in-hand").iterdir()) == []


def test_more_at_once_than_it_has_lines_is_only_forgotten(tmp_path: Path) -> None:
    book = in_hand.InHand(tmp_path / "plugins" / "in-hand", "web")
    held = [book.at("acme", "x" * 300) for _ in range(in_hand.MOST_LINES + 3)]
    for one in held:
        one.__enter__()
    os.close(book._file)
    found = in_hand.collect(tmp_path)
    assert len(found) == in_hand.MOST_LINES
    assert {one.plugin for one in found} == {"acme"}
    assert in_hand.collect(tmp_path) == [], "told once"


def test_three_ends_that_lie_days_apart_are_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    now, day = time.time(), 86_400
    moments = (now - 2 * day, now - day, now)
    (tmp_path / "plugins" / "ended").write_text("".join(f"{at:.0f}\tacme\tprice_line\n" for at in moments) + "torn li")
    assert in_hand.enders(tmp_path) == {}
