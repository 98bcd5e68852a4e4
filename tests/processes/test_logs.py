"""Logs as text and as JSON; neither says a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from craftops.processes.lifeline import DEMO, HIDDEN, set_up_log, without_secrets

LINK = "kJ8s_dQw4w9WgXcQ-1234567890abcdefghijklmnop"
SAID = (
    ("Authorization: Bearer craftops_abcdefghijklmnop1234", "craftops_abcdefghijklmnop1234"),
    (f"see https://shop.example/sign-in/link/{LINK}?next=/", LINK),
    ("https://shop.example/setup?code=0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
    ('{"password": "correct horse", "a": 1}', "correct"),
    ("password=hunter2&x=1", "hunter2"),
    ("postgresql://craftops:s3cret@db/craftops", "s3cret"),
    ("api_key: sk_live_abcdefghijk", "sk_live_abcdefghijk"),
    ("AGE-SECRET-KEY-1HC3YABCDEF", "AGE-SECRET-KEY-1HC3YABCDEF"),
)


@pytest.fixture
def log() -> Iterator[None]:
    """The root logger is put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    for handler in root.handlers[:]:
        root.removeHandler(handler)
    root.handlers.extend(before)
    root.setLevel(level)


@pytest.mark.parametrize(("said", "secret"), SAID)
def test_secrets_are_hidden_and_the_rest_is_not(said: str, secret: str) -> None:
    shown = without_secrets(said)
    assert secret not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "said",
    [
        "the broker on 127.0.0.1:1883 credentials: craftops, printer-1",
        "GET /staff/orders/H000777: 500",
        "/var/lib/craftops/backups/craftops-20261128T030000Z.tar.age",
        "the key of the machine was refused",
        "/work/craftops/services/messages/conversation.py",
    ],
)
def test_what_is_no_secret_is_left(said: str) -> None:
    assert without_secrets(said) == said


def test_json_lines_can_be_read_by_programs(
    log: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(DEMO, raising=False)
    set_up_log("web", "json")
    logging.getLogger("craftops.web").warning("first\nsecond %s", "token=abc")
    try:
        raise ValueError(f"no {LINK} here: password=hunter2")
    except ValueError:
        logging.getLogger("craftops.web").exception("it broke")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["message"] == f"first\nsecond token={HIDDEN}"
    assert (first["process"], first["level"], first["logger"]) == ("web", "warning", "craftops.web")
    assert first["at"].endswith("+00:00")
    assert "Traceback" in second["error"]
    assert "hunter2" not in second["error"]


def test_nobody_writes_a_line_of_ours(
    log: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a stranger sends may hold ends of lines; in the log it stands below the line that tells of it."""
    monkeypatch.delenv(DEMO, raising=False)
    set_up_log("web")
    forged = "03:00:00 web     INFO    craftops.web: all is well"
    logging.getLogger("craftops.web").warning("sent: %s", f"x\r\n{forged}\r{forged}")
    try:
        raise ValueError(f"y\n{forged}")
    except ValueError:
        logging.getLogger("craftops.web").exception("it broke")
    lines = capsys.readouterr().err.splitlines()
    ours = [line for line in lines if not line.startswith("  | ")]
    assert [line.split(": ", 1)[1][:8] for line in ours] == ["sent: x\\", "it broke"]


def test_text_hides_them_too_but_for_a_demo(
    log: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(DEMO, raising=False)
    set_up_log("worker")
    logging.getLogger("x").info("https://shop.example/sign-in/link/%s", LINK)
    assert LINK not in capsys.readouterr().err
    monkeypatch.setenv(DEMO, "1")
    logging.getLogger("x").info("https://shop.example/sign-in/link/%s", LINK)
    assert LINK in capsys.readouterr().err
