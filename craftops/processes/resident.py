"""``python -m craftops.processes.resident``: what ``craftops run`` and ``craftops demo`` become once the shop is ready.

Opening a shop, bringing its database up to date and filling a demo need nearly all of the program, watching four
children needs nearly nothing: the process turns itself into this one, and gives back what it does not need any more.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from craftops.errors import CraftOpsError
from craftops.processes.lifeline import DEMO, set_up_log, stop_event
from craftops.processes.service_unit import ServiceUnit
from craftops.processes.supervisor import KeptShop, supervise

TOLD = "CRAFTOPS_RESIDENT"
"""What this process is told: the shop, a line for whoever started it, what runs beside the shop, a folder that goes
with it. It reads no configuration: what that takes would be the largest part of it."""


def main() -> None:
    """Keep the shop's processes until told to stop; our own errors are one sentence."""
    os.umask(0o077)
    told = orjson.loads(os.environ.pop(TOLD))
    shop = KeptShop(**told["shop"])
    set_up_log("demo" if os.environ.get(DEMO) == "1" else "run", shop.log_format)
    try:
        _keep(shop, told["say"], told["beside"])
    except CraftOpsError as error:
        sys.stderr.write(f"{error.sentence}\n")
        sys.exit(1)
    finally:
        if told["throwaway"]:
            shutil.rmtree(Path(told["throwaway"]), ignore_errors=True)


def _keep(shop: KeptShop, say: str, beside: Mapping[str, Sequence[str]]) -> None:
    stop, ready, unit = stop_event(), threading.Event(), ServiceUnit()

    def announce() -> None:
        ready.wait()
        if not stop.is_set():
            sys.stdout.write(f"{say}\n")
            sys.stdout.flush()
            unit.ready()

    unit.obey()
    threading.Thread(target=announce, daemon=True).start()
    supervise(shop, dict(os.environ), stop, ready, beside, unit)
    ready.set()


if __name__ == "__main__":
    main()
