"""Several papers as one, for one click at the printer."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import ExitStack

import pikepdf


def joined(papers: Sequence[bytes]) -> bytes:
    """PDFs one after the other, as one."""
    if len(papers) == 1:
        return papers[0]
    with pikepdf.new() as whole, ExitStack() as opened:
        for one in papers:
            whole.pages.extend(opened.enter_context(pikepdf.open(io.BytesIO(one))).pages)
        out = io.BytesIO()
        whole.save(out, deterministic_id=True)
    return out.getvalue()
