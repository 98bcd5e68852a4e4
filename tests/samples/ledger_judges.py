"""Two foreign programs that keep books, as judges of the journals that we write."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

import pytest
from peers import debian

from craftops.domain.billing.journal import JournalEntry
from craftops.domain.billing.plain_text_books import beancount_journal, hledger_journal


def accepted(journal: Sequence[JournalEntry]) -> None:
    """beancount finds nothing, nor does hledger where it is installed (where services are required it is)."""
    loader = pytest.importorskip("beancount.loader", reason="beancount belongs to the extra for tests")
    from beancount.ops.validation import HARDCORE_VALIDATIONS  # what bean-check asks for

    told = list(journal)
    _told, errors, _options = loader.load_string(beancount_journal(told), extra_validations=HARDCORE_VALIDATIONS)
    assert errors == []
    if shutil.which("hledger") is None and os.environ.get("CRAFTOPS_SERVICES") == "required":
        debian.install("hledger")
    if shutil.which("hledger"):
        command = ["hledger", "-f", "-", "check", "--strict"]
        text, here = hledger_journal(told).encode(), {"LC_ALL": "C.UTF-8"}  # hledger reads what the locale says
        done = subprocess.run(command, input=text, capture_output=True, check=False, env=here)
        assert done.returncode == 0, done.stderr.decode()
