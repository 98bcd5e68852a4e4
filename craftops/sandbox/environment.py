"""The environment of the processes that open files: nothing of ours, and what makes numpy quick in one thread."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

SLOW_FAMILY = re.compile(r"vendor_id\s*:\s*AuthenticAMD\n(?:.+\n)*?cpu family\s*:\s*25\n")
SLOW_FEATURES = "X86_V4 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR"
PROBE_S = 60.0
PLUGINS = "CRAFTOPS_PLUGINS"
"""Set by ``plugin_host.environment.enter``; not imported, so that children stay light."""


def environment(home: Path) -> dict[str, str]:
    """All that a child sees of an environment. ``home``: its folder, for everything that wants to write."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
    return {
        **one,
        **_quick_sorting(),
        "PATH": os.environ.get("PATH", ""),
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        **({PLUGINS: os.environ[PLUGINS]} if os.environ.get(PLUGINS) else {}),
    }


def find_plugins() -> None:
    """In a child: analyzers may lie among the packages that were installed beside the program."""
    if os.environ.get(PLUGINS):
        sys.path.append(os.environ[PLUGINS])


@lru_cache(maxsize=1)
def _quick_sorting() -> dict[str, str]:
    """numpy's AVX-512 sort is built on an instruction (compress into memory) that AMD's family 25 (Zen 4) runs in
    microcode: there its AVX2 sort is five times faster, and sorting is what measuring a mesh costs. A numpy that
    was built for AVX-512 alone refuses to start this way, so it is tried once.
    """
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        about = Path("/proc/cpuinfo").read_text()
        if SLOW_FAMILY.search(about) and "avx512f" in about:
            wanted = {"NPY_DISABLE_CPU_FEATURES": SLOW_FEATURES}
            probe = [sys.executable, "-I", "-c", "import numpy"]
            if subprocess.run(probe, env=wanted, capture_output=True, timeout=PROBE_S, check=False).returncode == 0:
                return wanted
    return {}
