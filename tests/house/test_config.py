"""shop.toml and plugins: every fault at once, with its place and what was meant."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from craftops.bootstrap import open_shop
from craftops.cli import cli
from craftops.config import Config, ShopFile, load_config, read_document
from craftops.config_tables import DEFAULT_PLUGINS
from craftops.errors import ConfigError, PluginError
from craftops.example import example_toml
from craftops.plugin_host.starting import start_plugins
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.announcements import OrderPlaced
from craftops.sdk.settings import NoSettings
from craftops.testing import Workshop, fake_event
from craftops.web.frame.layers import below


def test_every_fault_is_told_at_once() -> None:
    text = '[server]\nprot = 80\nthreads = 0\n[broker]\nport = "x"\n[nonsense]\n'
    with pytest.raises(ConfigError) as caught:
        read_document(text, "shop.toml")
    sentence = str(caught.value)
    assert len(caught.value.faults) == 4
    assert "server.prot: no such setting; did you mean 'port'?" in sentence
    assert "server.threads" in sentence
    assert "broker.port" in sentence
    assert "nonsense" in sentence


def test_broken_toml_is_said() -> None:
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_document("[server\n", "shop.toml")


def test_the_example_read_with_all_its_comments_taken_off_is_the_default() -> None:
    document = read_document(example_toml(), "example")
    assert document == ShopFile()


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no file"):
        load_config(data=tmp_path, file=tmp_path / "nothing.toml", env={})


def test_an_unknown_plugin_gets_a_guess() -> None:
    with pytest.raises(ConfigError, match="did you mean 'machine_mqtt'"):
        start_plugins(["machine_mqt"], {})


def test_settings_of_a_plugin_are_checked_with_their_place() -> None:
    with pytest.raises(ConfigError) as caught:
        start_plugins(["notify_email"], {"notify_email": {"hots": "x", "port": "many"}, "other": {}})
    assert "plugin.other" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        start_plugins(["notify_email"], {"notify_email": {"hots": "x", "port": "many"}})
    assert "did you mean 'host'" in str(caught.value)
    assert "plugin.notify_email.port" in str(caught.value)


class Broken(Plugin[NoSettings]):
    name = "broken"
    title = "Broken"
    summary = "Raises wherever it can."

    @hookimpl
    def order_placed(self, event: OrderPlaced) -> None:
        raise RuntimeError("boom")

    @hookimpl
    def estimate_duration(self, line: Any, analysis: Any, process: str) -> float | None:
        raise RuntimeError("boom")


class Listener(Plugin[NoSettings]):
    name = "listener"
    title = "Listener"
    summary = "Remembers."

    def __init__(self, settings: NoSettings) -> None:
        super().__init__(settings)
        self.heard: list[OrderPlaced] = []

    @hookimpl
    def order_placed(self, event: OrderPlaced) -> None:
        self.heard.append(event)


class Misspelled(Plugin[NoSettings]):
    name = "misspelled"
    title = "Misspelled"
    summary = "Has a hook that is none."

    @hookimpl
    def order_plaecd(self, event: OrderPlaced) -> None:
        """Nobody calls this."""


def test_one_plugin_that_raises_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    listener = Listener(NoSettings())
    host = start_plugins([], {}, extra=[listener, Broken(NoSettings())])
    with caplog.at_level(logging.CRITICAL):
        host.announce("order_placed", fake_event("order_placed"))
    assert len(listener.heard) == 1
    assert host.failures["broken"] == 1
    assert host.ask("estimate_duration", line=None, analysis=None, process="fdm") is None
    assert host.failures["broken"] == 2


def test_a_misspelled_hook_stops_the_start() -> None:
    with pytest.raises(PluginError, match="order_plaecd"):
        start_plugins([], {}, extra=[Misspelled(NoSettings())])


def test_installed_is_not_enabled() -> None:
    assert start_plugins([], {}).machine_drivers == {}


@pytest.mark.parametrize("theme", ["workshop", "atelier"])
def test_a_shop_wears_its_theme_and_changes_it_without_a_fork(
    make_workshop: Callable[..., Workshop], theme: str
) -> None:
    from craftops.domain.shop.profile import ShopProfile

    workshop = make_workshop(f'[theme]\nname = "{theme}"\n')
    workshop.open(ShopProfile(name="Werk"))
    own = workshop.shop.config.data / "theme" / "templates" / "portal"
    own.mkdir(parents=True)
    (own / "order.html").write_text(
        '{% extends "~portal/order.html" %}{% block title %}Ours: {{ super() }}{% endblock %}'
    )
    order = workshop.place("ada")
    page = workshop.browser("ada").see(f"/orders/{order.code}")
    assert "<title>Ours: bracket" in page
    assert ('class="split atelier"' in page) == (theme == "atelier")
    assert ("Bitter" in workshop.browser().see("/theme.css")) == (theme == "atelier")


def test_a_theme_that_is_none_is_a_fault_of_the_file(make_workshop: Callable[..., Workshop]) -> None:
    with pytest.raises(ConfigError, match="no enabled theme 'baroque'"):
        make_workshop('[theme]\nname = "baroque"\n')


def test_layers_are_counted_from_where_one_stands() -> None:
    assert below("~a.html", "a.html") == "~a.html"
    assert below("~a.html", "~a.html") == "~~a.html"
    assert below("b.html", "~a.html") == "b.html"


def test_rates_are_read_to_the_cent_from_text_and_from_numbers() -> None:
    text = '[rates]\nmachine_hour = { fdm = "4.50", laser = 32 }\nkilogram = { pla = 24.9, petg = "0.07" }\n'
    rates = Config(data=Path(), document=read_document(text, "shop.toml")).rates
    assert rates.currency == "EUR"
    assert rates.machine_hour == {"fdm": 450, "laser": 3200}
    assert rates.kilogram == {"pla": 2490, "petg": 7}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('kilogram = { pla = "4,50" }', 'rates.kilogram.pla: Write an amount of money as "4.50"'),
        ("kilogram = { pla = -3 }", 'rates.kilogram.pla: Write an amount of money as "4.50"'),
        ("machine_hour = { fmd = 3 }", "rates.machine_hour.fmd: the shop has no process of this name; did you mean 'fdm'?"),
        ("kilogram = { plaa = 3 }", "rates.kilogram.plaa: the shop has no material of this name; did you mean 'pla'?"),
        ("machine_hour = { fdm = 4.505 }", "rates.machine_hour.fdm: 4.505 is finer than EUR goes"),
        ("kilogram = { pla = 3 }\nsquare_metre = { pla = 4 }", "rates.square_metre.pla: it has a price by the kilogram"),
        ("hour = { fdm = 3 }", "rates.hour: no such setting"),
    ],
)  # fmt: skip
def test_a_wrong_rate_is_told_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_document(f"[rates]\n{text}\n", "shop.toml")
    assert fault in str(caught.value)


def test_rates_need_a_currency_that_is_one() -> None:
    with pytest.raises(ConfigError, match=r"shop.currency: rates need the three capital letters"):
        read_document('[shop]\ncurrency = "Euro"\n[rates]\nkilogram = { pla = 3 }\n', "shop.toml")
    assert read_document('[shop]\ncurrency = "Euro"\n', "shop.toml").shop.currency == "Euro", "it was taken so far"


def test_enabled_adds_to_the_usual_ones_and_disabled_takes_away() -> None:
    plugins = read_document(
        '[plugins]\nenabled = ["payment_stripe", "machine_mqtt"]\ndisabled = ["machine_octoprint"]\n', "shop.toml"
    ).plugins
    assert plugins.names[-1] == "payment_stripe"
    assert plugins.names.count("machine_mqtt") == 1
    assert "machine_octoprint" not in plugins.names
    assert "notify_email" in plugins.names
    assert read_document("", "shop.toml").plugins.names == DEFAULT_PLUGINS


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[theme]\nname = "atelir"', "theme.name: there is no enabled theme 'atelir'; did you mean 'atelier'?"),
        ('[shop]\ncurrency = "Euro"', "shop.currency: Use the three letters"),
        ('[shop]\ncurrency = "EUX"', "shop.currency: there is no currency 'EUX'"),
        ('[shop]\ntimezone = "Europe/Berln"', "shop.timezone: There is no time zone 'Europe/Berln'"),
        ('[shop]\nbrand = "red"', "shop.brand: Write the colour as #rrggbb"),
        ('[shop.hours]\nmonday = ["9-18"]', "shop.hours.monday: Write opening hours as 09:00-18:00"),
        ('[shop]\nclosed_on = ["24.12."]', "shop.closed_on: Write closed days as 2026-12-24"),
        ('[server]\nbase_url = "shop.example"', "server.base_url: write it like https://shop.example"),
        ('[server]\nbase_url = "https://"', "server.base_url: write it like https://shop.example"),
        ('[server]\nbase_url = "https://shop.example:x"', "server.base_url: write it like https://shop.example"),
        ('[server]\nbase_url = "https://example.org/shop"', "cannot live below a path of another site"),
        ('[broker]\nurl = "mqtt//broker"', "broker.url: write auto, mosquitto, embedded or mqtt://"),
        ('[broker]\ntls_port = 8883\ntls_key = "k.pem"', "broker.tls_certificate: there is no file"),
        ('[backup]\nrecipients = ["age1x"]', "backup.recipients: 'age1x' is not the public key of anybody"),
        ('[plugins]\ndisabled = ["machine_mqt"]', "plugins.disabled: 'machine_mqt' is none of those that are on"),
        ('[[materials]]\nname = "a"\nlabel = "A"\nprocess = "fmd"', "materials.a.process: there is no process 'fmd'; did you mean 'fdm'?"),
        ('[[materials]]\nname = "a"\nlabel = "A"\nfinishes = ["sandd"]', "did you mean 'sanded'?"),
        ('[[materials]]\nname = "a"\nlabel = "A"\nbase_operation = "x"', "materials.a.base_operation: there is no hand work 'x'"),
        ('[scale]\nfiles = "/srv/files"', "scale.files: write it like s3://bucket or s3://bucket/folder"),
        ('[scale]\ns3_endpoint = "objects:9000"', "scale.s3_endpoint: write it like https://objects.example:9000"),
        ("[scale]\nseveral_hosts = true", "scale.several_hosts: hosts share a PostgreSQL database; name it in DATABASE_URL"),
        ("[scale]\nseveral_hosts = true", "scale.several_hosts: hosts share their files; name a bucket with scale.files"),
        ("[scale]\nseveral_hosts = true", "scale.several_hosts: hosts share a broker; name it with broker.url"),
        ('[[finishes]]\nname = "a"\nlabel = "A"\n[[finishes]]\nname = "a"\nlabel = "A"', "finishes: 'a' is there 2 times"),
    ],
)  # fmt: skip
def test_names_that_lead_nowhere_are_told_by_key_at_every_start(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "shop.toml").write_text(f"{text}\n")
    with pytest.raises(ConfigError) as caught:
        open_shop(load_config(data=tmp_path, env={}))
    assert fault in str(caught.value)
    said = CliRunner().invoke(cli, ["--data", str(tmp_path), "config", "check"], env={"DATABASE_URL": ""})
    assert isinstance(said.exception, ConfigError)


def test_the_example_with_its_hashes_taken_off_is_read_and_is_the_default() -> None:
    plain = re.sub(r"^# (?=\[|\w+ = )", "", example_toml(), flags=re.MULTILINE)
    document = read_document(plain.split("[plugin.")[0], "example")
    assert document == ShopFile()
    assert tomllib.loads(plain)["plugin"]["notify_email"]["port"] == 587


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://craftops@127.0.0.1:1/craftops", "The database of DATABASE_URL cannot be reached"),
        ("postgresql://craftops@no-such-host.invalid/craftops", "The database of DATABASE_URL cannot be reached"),
    ],
)
def test_a_database_that_is_out_of_reach_is_one_sentence(tmp_path: Path, url: str, sentence: str) -> None:
    pytest.importorskip("psycopg", reason="the driver of PostgreSQL belongs to an extra")
    environment = {**os.environ, "DATABASE_URL": url}
    command = [sys.executable, "-m", "craftops.cli", "--data", str(tmp_path), "run"]
    said = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert said.returncode == 1
    assert sentence in said.stderr
    assert "Traceback" not in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1


SEVERAL = {"obstore", "boto3"}
PAGES = {"flask", "PIL", "css_inline", "huey"}
NOT_NEEDED = {
    "web": SEVERAL | {"numpy", "amqtt", "typst", "stripe", "requests"},
    "worker": SEVERAL | {"amqtt", "typst", "stripe", "requests"},
    "bridge": SEVERAL | (PAGES - {"PIL"}) | {"amqtt", "typst"},  # it makes small pictures of cameras
    "broker": SEVERAL | PAGES | {"numpy", "amqtt", "typst"},
    "resident": SEVERAL | PAGES | {"numpy", "amqtt", "typst", "peewee", "paho", "cryptography", "pydantic", "ssl"},
}
"""What each process goes without when it starts: all of them together live on a small computer."""


@pytest.mark.parametrize("name", NOT_NEEDED)
def test_a_process_loads_nothing_that_only_others_need(name: str) -> None:
    code = f"import sys, craftops.processes.{name}; print(*sorted({NOT_NEEDED[name]!r} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "\n"


@pytest.mark.parametrize(("url", "loaded"), [("", False), ("postgresql://x@127.0.0.1/x", True)])
def test_a_driver_of_postgresql_is_loaded_where_the_shop_uses_it(url: str, loaded: bool) -> None:
    pytest.importorskip("psycopg")
    code = (
        "import sys; from craftops.processes.child import without_idle_engines\n"
        f"with without_idle_engines({url!r}): import craftops.processes.worker\n"
        "print('psycopg' in sys.modules)\n"
        "import psycopg; print(psycopg.__name__)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(loaded), "psycopg"]


def test_files_in_a_bucket_without_its_library_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    (tmp_path / "shop.toml").write_text('[scale]\nfiles = "s3://shop"\n')
    with pytest.raises(ConfigError, match=r"pip install 'craftops\[scale\]'"):
        open_shop(load_config(data=tmp_path, env={}))


def test_the_key_may_lie_elsewhere_and_is_never_made_there(tmp_path: Path) -> None:
    elsewhere = tmp_path / "run" / "key"
    config = load_config(data=tmp_path, env={"CRAFTOPS_SECRET_KEY_FILE": str(elsewhere)})
    with pytest.raises(ConfigError, match="CRAFTOPS_SECRET_KEY_FILE names no file"):
        config.secret_key()
    elsewhere.parent.mkdir()
    elsewhere.write_text("the-key-of-all-hosts\n")
    assert config.secret_key() == "the-key-of-all-hosts"
    assert not (tmp_path / "secret.key").exists()


def test_postgresql_without_its_driver_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None; sys.modules['psycopg_pool'] = None\n"
        "from craftops.cli import main; main()"
    )
    environment = {**os.environ, "DATABASE_URL": "postgresql://x@127.0.0.1/x"}
    command = [sys.executable, "-c", code, "--data", str(tmp_path), "migrate"]
    said = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert (said.returncode, "Traceback" in said.stderr) == (1, False), said.stderr
    assert "pip install 'craftops[postgres]'" in said.stderr


def test_a_template_that_cannot_be_read_falls_back_to_the_one_below_and_is_told(
    make_workshop: Callable[..., Workshop], caplog: pytest.LogCaptureFixture
) -> None:
    from craftops.domain.shop.profile import ShopProfile

    workshop = make_workshop('[theme]\nname = "atelier"\n')
    workshop.open(ShopProfile(name="Werk"))
    own = workshop.shop.config.data / "theme" / "templates" / "portal"
    own.mkdir(parents=True)
    (own / "order.html").write_text('{% extends "~portal/order.html" %}{% block title %}Ours{% endblok %}')
    order = workshop.place("ada")
    page = workshop.browser("ada").see(f"/orders/{order.code}")
    assert 'class="split atelier"' in page, "the theme's page is shown"
    assert "order.html cannot be read (line 1: " in caplog.text
    assert "Ours" not in page


def test_whoever_stands_in_a_shops_folder_means_that_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`craftops plugins sync` there made a second shop in it."""
    monkeypatch.chdir(tmp_path)
    assert load_config(env={}).data == tmp_path / "craftops-data"
    (tmp_path / "shop.toml").write_text("[server]\nport = 8123\n")
    found = load_config(env={})
    assert (found.data, found.document.server.port) == (tmp_path, 8123)
    assert load_config(env={"CRAFTOPS_DATA": "other"}).data == tmp_path / "other"
    assert load_config(file=tmp_path / "shop.toml", env={}).data == tmp_path / "craftops-data"
    (tmp_path / "craftops-data").mkdir()
    assert load_config(env={}).data == tmp_path / "craftops-data", "as it was before"


def test_the_demo_is_kept_where_the_folder_is_named_on_either_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from craftops.cli import run

    monkeypatch.setenv(run.DEMO, "")
    monkeypatch.setattr(run, "set_up_log", lambda _name: None)
    monkeypatch.setattr(logging.getLogger("peewee.migrations"), "level", logging.INFO)
    kept: list[Path] = []
    monkeypatch.setattr(run, "_demo_in", lambda folder, *_all, **_named: kept.append(folder))
    for words in (["--data", str(tmp_path), "demo"], ["demo", "--data", str(tmp_path)]):
        assert CliRunner().invoke(cli, words).exit_code == 0
    assert kept == [tmp_path, tmp_path]
