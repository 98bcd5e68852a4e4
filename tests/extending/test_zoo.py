"""A zoo of broken plugins: each is named, none keeps a shop closed that is opened with --safe, none harms an order."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from samples import zoo
from samples.zoo import AT_START, KILLERS, QUESTION, TRAP, Animal, hook

from craftops.app import app_for
from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.domain.events import EventKind
from craftops.errors import ConfigError, CraftOpsError
from craftops.hookspecs import HookSpecs
from craftops.plugin_host import environment, finding, starting
from craftops.plugin_host.masking import MaskedStream, masked
from craftops.processes.failed_starts import without_killers
from craftops.sdk.announcements import OrderPlaced
from craftops.services.shop import announcing
from craftops.services.shop.plugin_tallies import tallies, write_down
from craftops.store import work as store_work
from craftops.store.database import close_database, utcnow
from craftops.store.migrating import migrate
from craftops.store.models import PluginTallyRow, WorkRow
from craftops.tasks.worker import ANNOUNCE
from craftops.testing import Workshop, fake_event

ANNOUNCEMENTS = [kind.value for kind in EventKind if hasattr(HookSpecs, kind.value)]


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (finding, starting):
        monkeypatch.setattr(module, "START_S", 0.5)
    yield
    environment.enter(None)
    for name in [name for name in sys.modules if name.startswith("zoo_")]:
        del sys.modules[name]
    close_database()


def config_with(data: Path, name: str, *, safe: bool) -> object:
    data.mkdir(exist_ok=True)
    (data / "shop.toml").write_text(
        f'[plugins]\nenabled = ["theme_workshop", "machine_mqtt", "{name}"]\n[plugin.{name}]\ntoken = "{TRAP}"\n'
    )
    return load_config(data=data, env={}).model_copy(update={"safe": safe})


@pytest.mark.parametrize("name", AT_START)
def test_one_sentence_names_it_and_safe_opens_without_it(tmp_path: Path, name: str) -> None:
    zoo.settle(tmp_path, {name: AT_START[name]})
    with pytest.raises(CraftOpsError, match=AT_START[name].says) as caught:
        open_shop(config_with(tmp_path, f"zoo_{name}", safe=False))  # type: ignore[arg-type]
    assert f"zoo_{name}" in caught.value.sentence
    assert "Traceback" not in caught.value.sentence
    assert TRAP not in caught.value.sentence
    sys.modules.pop(f"zoo_{name}", None)
    shop = open_shop(config_with(tmp_path, f"zoo_{name}", safe=True))  # type: ignore[arg-type]
    assert set(shop.plugins.left_out) == {f"zoo_{name}"}
    assert TRAP not in shop.plugins.left_out[f"zoo_{name}"]
    assert "mqtt" in shop.plugins.machine_drivers
    assert shop.plugins.machine_drivers["mqtt"].title == "MQTT (craftops/v1)"


@pytest.mark.parametrize("name", KILLERS)
def test_what_takes_its_process_along_is_left_out_by_safe_before_it_is_touched(tmp_path: Path, name: str) -> None:
    zoo.settle(tmp_path, {name: KILLERS[name]})
    config = without_killers(config_with(tmp_path, f"zoo_{name}", safe=True))  # type: ignore[arg-type]
    shop = open_shop(config)
    assert KILLERS[name].says in shop.plugins.left_out[f"zoo_{name}"]
    assert f"zoo_{name}" not in sys.modules


def test_all_of_them_at_once(tmp_path: Path) -> None:
    zoo.settle(tmp_path, AT_START)
    names = ", ".join(f'"zoo_{name}"' for name in AT_START)
    (tmp_path / "shop.toml").write_text(f'[plugins]\nenabled = ["theme_workshop", "machine_mqtt", {names}]\n')
    shop = open_shop(load_config(data=tmp_path, env={}).model_copy(update={"safe": True}))
    assert set(shop.plugins.left_out) >= {f"zoo_{name}" for name in AT_START} - {"zoo_teller"}
    migrate(tmp_path)
    assert app_for(shop).test_client().get("/theme.css").status_code == 200


def test_safe_opens_with_names_and_settings_and_a_theme_of_nobody(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(
        '[plugins]\nenabled = ["theme_workshop", "machine_mqt"]\n[plugin.other]\nx = 1\n[theme]\nname = "baroque"\n'
    )
    config = load_config(data=tmp_path, env={})
    with pytest.raises(ConfigError, match="did you mean 'machine_mqtt'"):
        open_shop(config)
    shop = open_shop(config.model_copy(update={"safe": True}))
    assert "did you mean" in shop.plugins.left_out["machine_mqt"]
    migrate(tmp_path)
    assert app_for(shop).test_client().get("/theme.css").status_code == 200


def test_two_packages_with_a_plugin_of_one_name(tmp_path: Path) -> None:
    twin = zoo.plugin_module("zoo_twins")
    zoo.settle(tmp_path, {"twins": Animal(module=twin)})
    other = zoo.make_wheel(
        tmp_path / "wheels", "another-zoo", files={"zoo_twins2.py": twin}, plugins={"zoo_twins": "zoo_twins2"}
    )
    with zoo.zipfile.ZipFile(other) as archive:
        archive.extractall(tmp_path / "plugins" / "envs" / "zoo")
    with pytest.raises(
        CraftOpsError, match=r"(zoo-twins and another-zoo|another-zoo and zoo-twins) both have a plugin"
    ):
        open_shop(config_with(tmp_path, "zoo_twins", safe=False))  # type: ignore[arg-type]


@pytest.fixture
def with_animals(tmp_path: Path, make_workshop: Callable[..., Workshop]) -> Callable[[dict[str, Animal]], Workshop]:
    """A shop that stands, with animals that start."""

    def make(animals: dict[str, Animal]) -> Workshop:
        from craftops.domain.shop.profile import ShopProfile

        (tmp_path / "animals").mkdir()
        zoo.settle(tmp_path / "animals", animals)
        (tmp_path / "shop").mkdir()
        (tmp_path / "shop" / "plugins").symlink_to(tmp_path / "animals" / "plugins")
        names = ", ".join(f'"zoo_{name}"' for name in animals)
        settings = "\n".join(f'[plugin.zoo_{name}]\ntoken = "{TRAP}"' for name in animals)
        enabled = '"theme_workshop", "analyzer_mesh", "machine_mqtt", "notify_email"'
        workshop = make_workshop(f"[plugins]\nenabled = [{enabled}, {names}]\n{settings}\n")
        workshop.shop.plugins.question_s = workshop.shop.plugins.announcement_s = 0.3
        workshop.open(ShopProfile(name="Testwerk"))
        return workshop

    return make


def test_no_answer_that_is_none_reaches_an_order(with_animals: Callable[..., Workshop]) -> None:
    """An answer of text made every order a fault for its customer."""
    duration = {
        name: Animal(hook(line, "line", "analysis", "process", name="estimate_duration"))
        for name, line in QUESTION.items()
    }
    workshop = with_animals(duration)
    order = workshop.place("ada")
    job = workshop.accept(order)
    assert job.planned_s > 60
    assert workshop.browser("ada").get(f"/orders/{order.code}").status_code == 200
    failures = workshop.shop.plugins.failures
    assert {name for name in duration if not failures[f"zoo_{name}"]} == set()
    told = {row.plugin: row.last_error for rows in tallies(workshop.shop.plugins).values() for row in rows}
    assert told["zoo_talker"] == "It answered str ('an hour'), a number of seconds was asked for."
    assert told["zoo_dreamer"].startswith("It did not come back within 0.3 s.")
    before = failures["zoo_dreamer"]
    workshop.place("ada")
    assert failures["zoo_dreamer"] == before, "what hangs is not asked again"


@pytest.mark.parametrize("kind", ANNOUNCEMENTS)
def test_what_breaks_while_it_is_told_stops_nobody_else(
    with_animals: Callable[..., Workshop], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    lines = {
        "thrower": "raise RuntimeError('boom ' + self.settings.token)",
        "ender": "raise SystemExit",
        "listener": "HEARD.append(event)",
        "dreamer": "import threading; threading.Event().wait()",
    }
    workshop = with_animals(
        {name: Animal(hook(line, "event", name=kind), "HEARD = []") for name, line in lines.items()}
    )
    heard = sys.modules["zoo_listener"].HEARD
    from craftops.domain.events import Event
    from craftops.domain.people.access import SYSTEM
    from craftops.store.database import unit_of_work

    with unit_of_work() as uow:
        uow.record(Event(EventKind(kind), utcnow(), SYSTEM, data={"after": "queued", "before": "in_review"}))
    monkeypatch.setattr(announcing, "told_of", lambda event: fake_event(event.kind.value, id=event.id))
    workshop.run_due()
    assert heard == [fake_event(kind, id=heard[0].id)]
    workshop.run_due()
    assert len(heard) == 1, "told once"
    assert write_down(workshop.shop.plugins, "worker", utcnow())
    rows = {row.plugin: row for row in PluginTallyRow.select().where(PluginTallyRow.hook == kind)}
    assert rows["zoo_listener"].failures == 0
    assert rows["zoo_listener"].calls == 1
    assert {rows[f"zoo_{name}"].failures for name in ("thrower", "ender", "dreamer")} == {1}
    assert rows["zoo_thrower"].last_error == "RuntimeError: boom ********."
    assert rows["zoo_thrower"].failed_in == "worker"


def test_a_secret_that_is_printed_is_masked_and_told(with_animals: Callable[..., Workshop]) -> None:
    blabber = Animal(
        hook(
            "import logging; logging.getLogger('zoo').warning('%s', self.settings.token)", "event", name="order_placed"
        )
    )
    workshop = with_animals({"blabber": blabber})
    written = io.StringIO()
    print(f"my key is {TRAP}!", file=MaskedStream(written))
    line = masked(f"key {TRAP}")
    assert (written.getvalue(), line) == ("my key is ********!\n", "key ********")
    [row] = tallies(workshop.shop.plugins)["zoo_blabber"]
    assert row.last_error == "It was about to print one of its secrets, which was masked."
    assert row.failures == 2


def test_a_killed_worker_loses_no_word(with_animals: Callable[..., Workshop]) -> None:
    """It was killed between taking the work and telling the plugin; the next one takes it over when the lease is out."""
    workshop = with_animals(
        {"listener": Animal(hook("HEARD.append(event)", "event", name="order_placed"), "HEARD = []")}
    )
    heard = sys.modules["zoo_listener"].HEARD
    workshop.place("ada")
    workshop.worker.read_outbox()
    long_ago = utcnow() - store_work.LEASE * 2
    WorkRow.update(run_after=long_ago).where(WorkRow.kind == ANNOUNCE).execute()
    [taken] = [one for one in store_work.claim(long_ago) if one.kind == ANNOUNCE]
    assert heard == []
    workshop.run_due()
    assert [type(event) for event in heard] == [OrderPlaced]
    assert WorkRow.get_by_id(taken.id).state == "done"
    workshop.run_due()
    assert len(heard) == 1
