"""Every hook there is, by plugins that raise in it, end the process, hang, or answer what nobody asked for."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samples import zoo
from samples.zoo import Animal, hook

from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.errors import CraftOpsError
from craftops.hookspecs import HookSpecs
from craftops.plugin_host import environment, finding, starting
from craftops.plugin_host.calls import TookTooLong
from craftops.plugin_host.checks import CONTRIBUTIONS, QUESTIONS, REGISTERS, WrongAnswer
from craftops.store.database import close_database

LINES = {
    "thrower": "raise OSError('gone')",
    "ender": "raise SystemExit(3)",
    "dreamer": "import threading; threading.Event().wait()",
    "liar": "return [object()]",
}
CARRIED_OUT = {"deliver_invoice"}
"""Hooks that do something outside: what fails is told to who asked, which tries again."""


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (finding, starting):
        monkeypatch.setattr(module, "START_S", 0.3)
    yield
    environment.enter(None)
    for name in [name for name in sys.modules if name.startswith("zoo_")]:
        del sys.modules[name]
    close_database()


def arguments(name: str) -> list[str]:
    return [one for one in inspect.signature(getattr(HookSpecs, name)).parameters if one != "self"]


def opened(folder: Path, animals: dict[str, Animal], *, safe: bool = False) -> Any:
    zoo.settle(folder, animals)
    names = ", ".join(f'"zoo_{name}"' for name in animals)
    (folder / "shop.toml").write_text(f'[plugins]\nenabled = ["theme_workshop", {names}]\n')
    return open_shop(load_config(data=folder, env={}).model_copy(update={"safe": safe}))


@pytest.mark.parametrize("name", REGISTERS)
def test_whatever_a_plugin_does_when_it_is_asked_what_it_brings_it_is_named_and_left_out(
    tmp_path: Path, name: str
) -> None:
    for animal, line in LINES.items():
        folder = tmp_path / animal
        folder.mkdir()
        with pytest.raises(CraftOpsError, match=rf"zoo_{animal}.*{name}"):
            opened(folder, {animal: Animal(hook(line, name=name))})
        sys.modules.pop(f"zoo_{animal}", None)
        close_database()
    shop = opened(tmp_path, {one: Animal(hook(line, name=name)) for one, line in LINES.items()}, safe=True)
    assert set(shop.plugins.left_out) == {f"zoo_{one}" for one in LINES}


@pytest.mark.parametrize("name", [*QUESTIONS, *CONTRIBUTIONS])
def test_whatever_a_plugin_answers_that_is_none_is_counted_and_the_others_are_heard(tmp_path: Path, name: str) -> None:
    good = {"estimate_duration": "return 60.0", **dict.fromkeys(CONTRIBUTIONS, "return []")}.get(name, "return None")
    animals = {one: Animal(hook(line, *arguments(name), name=name)) for one, line in LINES.items()}
    shop = opened(
        tmp_path,
        {"listener": Animal(hook(f"HEARD.append(1); {good}", *arguments(name), name=name), "HEARD = []"), **animals},
    )
    host, heard = shop.plugins, sys.modules["zoo_listener"].HEARD
    host.question_s = host.act_s = 0.3
    host.allowed = lambda: None
    asked = dict.fromkeys(arguments(name))
    if name in CARRIED_OUT:
        with pytest.raises((OSError, SystemExit, TookTooLong, WrongAnswer)):
            host.carry_out(name, **asked)
        assert heard == [], "it may be done: nobody else is asked"
        assert sum(host.failures.values()) == 1
        return
    gather = name in CONTRIBUTIONS
    before = len(heard)
    answer = host.gather(name, **asked) if gather else host.ask(name, **asked)
    assert answer in ([], None, 60.0)
    assert len(heard) == before + 1
    assert {one for one in LINES if not host.failures[f"zoo_{one}"]} == set()
    counted = host.failures["zoo_dreamer"]
    host.gather(name, **asked) if gather else host.ask(name, **asked)
    assert host.failures["zoo_dreamer"] == counted, "what hangs is not asked again"
    assert host.failures["zoo_thrower"] > 1


def test_no_hook_is_left_out_of_the_zoo() -> None:
    from craftops.domain.events import EventKind

    hooks = {name for name in vars(HookSpecs) if not name.startswith("_")}
    assert hooks == {*REGISTERS, *QUESTIONS, *CONTRIBUTIONS, *({kind.value for kind in EventKind} & hooks)}
