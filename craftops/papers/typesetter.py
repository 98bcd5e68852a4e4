"""The typesetter: a process that holds typst and its fonts, and sets one paper after another.

``python -I -m craftops.papers.typesetter FOLDER``: orders come on standard input, each as two messages (what is asked
as JSON, and the bytes that the template attaches), and are answered on standard output by one: ``SET`` and the paper,
or ``FAILED`` and why. It ends when the other end closes or nothing came for ``REST_S``: web and worker hold none of it
at rest.

A compiler is warm after its first paper. It reads one folder, which holds the templates and logos, has no packages and
no network, and gives the same bytes for the same words: fonts come from packages, never from the system, and the time
in the file is the paper's day.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, date, datetime, time
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import orjson

from craftops.papers.fonts import Compiler, families, fonts, printable_json
from craftops.papers.typesetters import FAILED, SET

REST_S = 15.0
"""Without a paper for so long it ends; the next one waits 0.2 s for another."""
INPUTS = ("data", "attached")


def serve(asked: Connection, answers: Connection, folder: Path) -> None:
    """Set what is asked for until the other end closes, or rests too long."""
    while asked.poll(REST_S):
        try:
            order, attached = asked.recv_bytes(), asked.recv_bytes()
        except EOFError:
            return
        try:
            answer = SET + set_type(orjson.loads(order), attached, folder)
        except Exception as error:  # noqa: BLE001 - whatever it was is told to whoever asked
            answer = FAILED + str(error).encode("utf-8", "replace")
        answers.send_bytes(answer)


def set_type(order: dict[str, Any], attached: bytes, folder: Path) -> bytes:
    """What a template makes of an order's ``told``: a PDF of its ``day``, or with ``dpi`` the PNG of its only page.

    What is told and attached are files that are written anew for each paper and taken away again: words that the
    compiler gets as inputs have it build its whole library again. Raises typst.TypstError.
    """
    country = order["country"]
    told = {**printable_json(order["told"].encode(), country), "fonts": families(country)}
    mine = {one: folder / f"{one}-{os.getpid()}" for one in INPUTS}
    mine["data"].write_bytes(orjson.dumps(told))
    mine["attached"].write_bytes(attached)
    try:
        made = _made(_compiler(folder, order["template"]), order)
    finally:
        for path in mine.values():
            path.unlink(missing_ok=True)
    if not isinstance(made, bytes):
        raise TypeError("typst made no single file")
    return made


def _made(compiler: Compiler, order: dict[str, Any]) -> object:
    if order["dpi"] is not None:
        return compiler.compile(format="png", ppi=order["dpi"])
    noon = datetime.combine(date.fromisoformat(order["day"]), time(12), UTC)
    return compiler.compile(format="pdf", pdf_standards=order["standards"], timestamp=noon)


@cache
def _compiler(folder: Path, template: str) -> Compiler:
    return Compiler(
        str(folder / template),
        root=str(folder),
        font_paths=fonts(),
        package_path=str(folder),
        package_cache_path=str(folder),
        sys_inputs={one: f"/{one}-{os.getpid()}" for one in INPUTS},
    )


def _main(arguments: list[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    asked, answers = Connection(os.dup(0), writable=False), Connection(os.dup(1), readable=False)
    os.dup2(2, 1)  # whatever a library prints is no answer
    serve(asked, answers, Path(arguments[1]))


if __name__ == "__main__":
    _main(sys.argv)
