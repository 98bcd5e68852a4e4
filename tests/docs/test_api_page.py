"""docs/api.md is true: every scope, webhook, tool and command of it, and its Python runs."""

from __future__ import annotations

import asyncio
import re
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from samples.api_described import Described
from standardwebhooks import Webhook

from craftops.cli import cli
from craftops.domain.integrations import webhooks
from craftops.domain.integrations.webhooks import DELAYS, WebhookKind
from craftops.domain.people.access import Scope
from craftops.services.people import accounts
from craftops.store.database import utcnow
from craftops.store.models import MessageRow, OrderRow
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
PYTHON = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)


def rows(heading: str) -> list[str]:
    """The first column of the table below a heading."""
    part = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([\w.:]+)` \|", part, flags=re.MULTILINE)


def test_every_scope_stands_there() -> None:
    assert rows("Tokens") == [scope.value for scope in Scope]


def test_every_webhook_stands_there_and_so_do_its_delays() -> None:
    assert rows("Webhooks") == [kind.value for kind in WebhookKind]
    said = re.search(r"sent again after (.*?) hours", TEXT)
    assert said is not None
    parts = re.findall(r"(\d+)( s| min)?", said[1])
    units = {" s": 1, " min": 60, "": 3600}
    assert [int(number) * units[unit] for number, unit in parts] == [int(one.total_seconds()) for one in DELAYS]
    assert f"{webhooks.BOTH_GOOD.total_seconds() / 3600:g} hours" in TEXT


def test_every_tool_stands_there(workshop: Workshop) -> None:
    pytest.importorskip("mcp", reason="the assistant's side is an extra: craftops[mcp]")
    from craftops.processes.mcp_server import make_server

    found = asyncio.run(make_server(workshop.shop).list_tools())
    assert rows("Assistants") == [tool.name for tool in found]


def test_every_command_is_one() -> None:
    for line in re.findall(r"^craftops (.*)$", TEXT, flags=re.MULTILINE):
        command: Any = cli
        words = [word for word in shlex.split(line) if word not in ("--data", "/srv/shop")]
        while words and isinstance(command, click.Group):
            command = command.get_command(click.Context(command), words.pop(0))
        known = {option for one in command.params for option in one.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


class Answered:
    """What ``requests`` would give."""

    def __init__(self, answer: Any) -> None:
        self.json = lambda: answer.json


class Session:
    """``requests.Session`` without a network: the shop is asked in this process, and each answer is a described one."""

    workshop: Workshop

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.client = self.workshop.app.test_client()
        self.described = Described(self.client)

    def _ask(self, method: str, url: str, params: Any = None, data: Any = None, json: Any = None) -> Answered:
        path = url.removeprefix("https://shop.example")
        answer = self.client.open(
            path, method=method, query_string=params, data=data, json=json, headers=self.headers
        )  # fmt: skip
        self.described.check(method, path, answer)
        assert answer.status_code < 300, answer.json
        self.workshop.run_due()
        return Answered(answer)

    def get(self, url: str, **more: Any) -> Answered:
        return self._ask("GET", url, **more)

    def post(self, url: str, **more: Any) -> Answered:
        return self._ask("POST", url, **more)


def test_the_python_of_the_page_places_and_follows_an_order(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = ModuleType("requests")
    fake.Session = type("BoundSession", (Session,), {"workshop": workshop})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "requests", fake)
    token = accounts.create_token("erp", frozenset(Scope), at=utcnow(), customer=workshop.people["ada"])
    exec(PYTHON[0], {"token": token, "base": "https://shop.example", "stl": cube_stl()})
    assert capsys.readouterr().out.startswith("received ")
    assert OrderRow.get().lines.get().quantity == 2
    assert MessageRow.get().body == "By Friday, please"


def test_the_python_of_the_page_verifies_a_webhook(capsys: pytest.CaptureFixture[str]) -> None:
    secret, body = webhooks.secret_of(bytes(32)), '{"type":"webhook.test","data":{}}'
    headers = webhooks.signed_headers([secret], "msg_1", utcnow(), body.encode())
    assert Webhook(secret).verify(body, headers)
    exec(PYTHON[1], {"secret": secret, "body": body, "headers": headers})
    assert capsys.readouterr().out == "webhook.test {}\n"
