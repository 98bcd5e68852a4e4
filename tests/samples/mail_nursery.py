"""Everything that a worker needs, loaded once: each line on standard input begins one, which anybody may kill.

``python mail_nursery.py FOLDER``: says ``ready``, then the pid of each worker of the shop in FOLDER.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from craftops.config import load_config
from craftops.processes import worker


def main() -> None:
    """Until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while os.read(0, 2):
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            worker.run(load_config(data=Path(sys.argv[1])))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
