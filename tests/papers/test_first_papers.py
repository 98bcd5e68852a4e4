"""Papers that come at once, as when a shop starts."""

from __future__ import annotations

import subprocess
import sys


def test_the_first_papers_of_two_threads_are_both_made() -> None:
    """In a process of its own: each of them comes while the other makes the folder that both print in."""
    code = """
import contextlib, random, tempfile, threading
from craftops.papers.brand import Brand
from craftops.papers.rendering import render
from craftops.testing.invoices import made_up_invoice

both, plain, made = threading.Barrier(2, timeout=0.5), tempfile.mkdtemp, []

def slowly(*given, **named):
    with contextlib.suppress(threading.BrokenBarrierError):
        both.wait()
    return plain(*given, **named)

def work():
    for seed in (5, 6):
        made.append(render(made_up_invoice(random.Random(seed)), Brand()).pdf_sha256)

tempfile.mkdtemp = slowly
threads = [threading.Thread(target=work) for _ in range(2)]
for one in threads: one.start()
for one in threads: one.join()
print(len(made))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "4", said.stderr
