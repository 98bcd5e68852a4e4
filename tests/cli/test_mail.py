"""``craftops mail read``: one line a mail, in the sandbox, whatever it is."""

from __future__ import annotations

import hashlib
import json
from email.message import EmailMessage
from pathlib import Path

from click.testing import CliRunner

from craftops.cli import cli
from craftops.domain.messages.reply_tokens import new_token


def run(*paths: Path) -> list[dict[str, object]]:
    done = CliRunner().invoke(cli, ["mail", "read", "--json", *map(str, paths)])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


def test_a_reply_with_a_file_and_one_that_is_rubbish(tmp_path: Path) -> None:
    token = new_token()
    mail = EmailMessage()
    mail["From"], mail["To"] = "ada@example.org", f"reply+{token}@shop.example"
    mail.set_content("Yes please.\n\nOn Mon, Nov 23, 2026 at 9:12 AM, Werk <s@w.example> wrote:\n> M6?\n")
    mail.add_attachment(b"solid x", maintype="model", subtype="stl", filename="foot.stl")
    good, bad, gone = tmp_path / "good.eml", tmp_path / "bad.eml", tmp_path / "gone.eml"
    good.write_bytes(mail.as_bytes())
    bad.write_bytes(b"")
    rows = run(good, bad)
    assert rows[0] | {"seconds": 0} == {
        "file": str(good), "kind": "reply", "token": token, "text": "Yes please.",
        "folded": "On Mon, Nov 23, 2026 at 9:12 AM, Werk <s@w.example> wrote:\n> M6?",
        "attachments": [{"name": "foot.stl", "size": 7, "sha256": hashlib.sha256(b"solid x").hexdigest()}],
        "bounces": [], "seconds": 0,
    }  # fmt: skip
    assert rows[1]["kind"] == "unreadable"
    done = CliRunner().invoke(cli, ["mail", "read", str(gone)])
    assert done.exit_code == 1
    assert "gone.eml" in done.output
