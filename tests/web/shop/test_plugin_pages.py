"""The staff's pages of plugins: settings as a form, secrets sealed, failures of every process, a checklist."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import pytest
from samples import zoo

from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.plugin_host import environment
from craftops.sdk.settings import setting
from craftops.services.shop.plugin_settings import kept_of
from craftops.services.shop.plugin_tallies import write_down, writing_down
from craftops.store.database import utcnow
from craftops.store.models import PluginSettingsRow, PluginTallyRow
from craftops.testing import Workshop
from craftops.web.shop.plugin_form import form_of, read_form

PAGE = "/staff/plugins/notify_email"


def test_settings_are_made_in_the_browser_and_taken_with_the_next_start(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    assert "E-mail" in olga.see("/staff/plugins")
    assert 'name="port"' in olga.see(PAGE)
    data = workshop.shop.config.data
    answer = olga.send(PAGE, {"host": "mail.example.org", "port": "2525", "password": "correct-horse"}, on=PAGE)
    assert answer.status_code == 303
    [row] = PluginSettingsRow.select()
    assert "correct-horse" not in str(row.__data__)
    assert row.changed_by == "Olga"
    assert (data / "plugins" / "restart").exists(), "a running shop starts its processes anew"
    page = olga.see(PAGE)
    assert "correct-horse" not in page
    assert "One is kept. Leave it empty to keep it." in page
    olga.send(PAGE, {"host": "mx.example.org", "port": "2525", "password": ""}, on=PAGE)
    settings = open_shop(load_config(data=data, env={})).plugins.plugins()["notify_email"].settings
    assert (settings.host, settings.port, settings.password) == ("mx.example.org", 2525, "correct-horse")
    assert olga.send(f"{PAGE}/forget", on=PAGE).status_code == 303
    assert kept_of(workshop.shop, "notify_email") == {}


def test_what_cannot_be_is_marked_and_kept_in_the_form(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    answer = olga.send(PAGE, {"host": "mail.example.org", "port": "many"}, on=PAGE)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'id="port-error"' in page
    assert 'value="mail.example.org"' in page
    assert not PluginSettingsRow.select().exists()


def test_what_stands_in_shop_toml_goes_before(make_workshop: Callable[..., Workshop]) -> None:
    from craftops.domain.shop.profile import ShopProfile

    workshop = make_workshop('[plugin.notify_email]\nhost = "from.toml"\npassword = "in-the-file"\n')
    workshop.open(ShopProfile(name="Werk"))
    olga = workshop.browser("olga")
    page = olga.see(PAGE)
    assert "from.toml" in page
    assert 'name="host"' not in page
    assert "in-the-file" not in page
    olga.send(PAGE, {"host": "elsewhere", "port": "26"}, on=PAGE)
    assert kept_of(workshop.shop, "notify_email") == {"port": 26}


def test_only_the_owner_sees_them_and_nobody_sees_one_that_is_not_there(workshop: Workshop) -> None:
    sam, olga = workshop.browser("sam"), workshop.browser("olga")
    for path in ("/staff/plugins", PAGE):
        assert sam.get(path).status_code == 403
    for path in (PAGE, f"{PAGE}/forget", f"{PAGE}/count"):
        assert sam.send(path, {"host": "mine"}, on="/staff/").status_code == 403
    for path in ("/staff/plugins/nobody", "/staff/plugins/core"):
        assert olga.get(path).status_code in (403, 404)
        assert olga.send(path, {}, on="/staff/plugins").status_code in (403, 404)


def test_failures_of_all_processes_are_told_and_counted_anew(workshop: Workshop) -> None:
    host, olga = workshop.shop.plugins, workshop.browser("olga")
    host.failed("notify_email", "send", RuntimeError("the relay is gone"))
    write_down(host, "worker", utcnow())
    host.failed("notify_email", "send", RuntimeError("the relay is gone"))
    host.ledger.note("notify_email", "send", 0.25)
    assert "failed 2 times" in olga.see("/staff/plugins")
    page = olga.see(PAGE)
    assert "RuntimeError: the relay is gone." in page
    assert "in the worker process" in page
    assert "250.0 ms" in page
    assert " failed.</span>" in olga.see("/staff/settings")
    write_down(host, "web", utcnow())
    olga.send(f"{PAGE}/count", on=PAGE)
    assert not PluginTallyRow.select().exists()
    assert "failed" not in olga.see("/staff/plugins")


def test_a_process_writes_down_what_failed_without_being_asked(workshop: Workshop) -> None:
    host = workshop.shop.plugins
    with writing_down(host, "bridge"):
        host.failed("machine_mqtt", "read", "It broke.")
    [row] = PluginTallyRow.select()
    assert (row.plugin, row.failed_in, row.failures) == ("machine_mqtt", "bridge", 1)


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


@dataclass(frozen=True)
class Everything:
    must: str = setting(help="Without it nothing works")
    many: int = setting(3, help="How many")
    share: float = setting(0.5, help="How much")
    on: bool = setting(True, help="Whether")
    size: Size = setting(Size.SMALL, help="Which size")  # noqa: RUF009 - a member of an enum does not change
    mode: Literal["a", "b"] = setting("a", help="Which mode")
    names: tuple[str, ...] = setting((), help="Whose")
    zones: tuple[tuple[str, int], ...] = setting((), help="Where")
    key: str | None = setting(None, help="A key", secret=True)


def test_a_form_comes_from_the_type_of_the_settings_alone() -> None:
    fields, others = form_of(Everything, {"key": "hush"}, {}, {"many": "too many"})
    made = {one.name: one for one in fields}
    assert {name: one.kind for name, one in made.items()} == {
        "must": "text", "many": "number", "share": "text", "on": "radio", "size": "select", "mode": "select",
        "names": "textarea", "key": "password",
    }  # fmt: skip
    assert made["must"].required
    assert made["many"].error == "too many"
    assert made["key"].value == ""
    assert [choice.value for choice in made["size"].choices] == ["small", "large"]
    assert [one.label for one in others] == ["Zones"]
    typed = {"must": "x", "many": "4", "share": "0,25", "on": "", "size": "large", "mode": "a", "names": "ada\n\nbob\n"}
    read = read_form(Everything, typed, {})
    assert read == {"must": "x", "many": 4, "share": 0.25, "on": False, "size": "large", "names": ["ada", "bob"]}


@pytest.fixture
def leave_the_zoo() -> object:
    yield
    environment.enter(None)
    sys.modules.pop("zoo_plain", None)


@pytest.mark.usefixtures("leave_the_zoo")
def test_one_from_elsewhere_stands_apart_with_its_checklist(
    make_workshop: Callable[..., Workshop], tmp_path: object
) -> None:
    from craftops.domain.shop.profile import ShopProfile

    zoo.settle(tmp_path / "shop", {"plain": zoo.Animal(requires="flask", body="summary = 'Plain'\npassword = 1")})  # type: ignore[operator]
    workshop = make_workshop(
        '[plugins]\nenabled = ["theme_workshop", "notify_email", "zoo_plain", "nobody"]\n'.replace(', "nobody"', "")
    )
    workshop.open(ShopProfile(name="Werk"))
    olga = workshop.browser("olga")
    assert "zoo-plain" in olga.see("/staff/plugins")
    page = olga.see("/staff/plugins/zoo_plain")
    assert "Write a summary that ends with a full stop." in page
    assert "Require &#34;craftops&gt;=…,&lt;…&#34; in its package." in page
