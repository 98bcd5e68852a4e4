"""Writers wait in line before the database, and a dead one holds nobody up."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from craftops.store.write_lock import WriteLock

HOLDER = """
import sys, time
from pathlib import Path
from craftops.store.write_lock import WriteLock
with WriteLock(Path(sys.argv[1])).held():
    print("in", flush=True)
    time.sleep(60)
"""


def test_one_at_a_time_and_everybody_comes_in(tmp_path: Path) -> None:
    lock, inside, most, through = WriteLock(tmp_path / "lock"), [0], [0], []

    def work(number: int) -> None:
        for _ in range(50):
            with lock.held():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1
        through.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    lock.close()
    assert (most[0], sorted(through)) == (1, list(range(8)))


def test_whoever_dies_inside_lets_the_next_one_in(tmp_path: Path) -> None:
    lock, came = WriteLock(tmp_path / "lock"), threading.Event()
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "lock")], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"in\n"

    def come() -> None:
        with lock.held():
            came.set()

    threading.Thread(target=come, daemon=True).start()
    assert not came.wait(0.3)
    holder.kill()
    holder.wait(10)
    holder.stdout.close()
    assert came.wait(10)
    lock.close()
