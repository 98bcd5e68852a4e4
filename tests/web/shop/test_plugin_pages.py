"""The staff's pages of plugins: failures of every process, a checklist, and where they are set."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from samples import zoo

from craftops.plugin_host import environment
from craftops.services.shop.plugin_tallies import write_down, writing_down
from craftops.store.database import utcnow
from craftops.store.models import PluginTallyRow
from craftops.testing import Workshop

PAGE = "/staff/plugins/notify_email"


def test_a_plugin_leads_to_its_settings(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    assert "E-mail" in olga.see("/staff/plugins")
    assert "/staff/settings/mail" in olga.see(PAGE)
    assert "/staff/settings/connections/plugin?name=machine_simulated" in olga.see("/staff/plugins/machine_simulated")


def test_only_the_owner_sees_them_and_nobody_sees_one_that_is_not_there(workshop: Workshop) -> None:
    sam, olga = workshop.browser("sam"), workshop.browser("olga")
    for path in ("/staff/plugins", PAGE):
        assert sam.get(path).status_code == 403
    assert sam.send(f"{PAGE}/count", {}, on="/staff/").status_code == 403
    for path in ("/staff/plugins/nobody", "/staff/plugins/core"):
        assert olga.get(path).status_code in (403, 404)
        assert olga.send(f"{path}/count", {}, on="/staff/plugins").status_code in (403, 404)


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
