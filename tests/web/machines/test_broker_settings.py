"""The owner says who reaches the broker, at which port, and whether Home Assistant is let in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from craftops.bridges.broker.base import HOME_ASSISTANT
from craftops.domain.shop.profile import ShopProfile
from craftops.plugin_host.environment import PluginFolder
from craftops.processes.broker import credentials
from craftops.testing import Workshop

PAGE = "/staff/settings/broker"


def test_what_is_kept_counts_for_the_broker_its_page_and_its_machines(workshop: Workshop) -> None:
    olga, folder = workshop.browser("olga"), PluginFolder(workshop.shop.config.data)
    before = folder.state()
    form = {"host": "0.0.0.0", "port": "1884", "home_assistant": "1"}
    assert olga.send(PAGE, form, on=PAGE).status_code == 303
    assert folder.state() != before, "`craftops run` starts its processes anew"
    table = workshop.shop.broker
    assert (table.host, table.port, table.home_assistant) == ("0.0.0.0", 1884, True)
    assert HOME_ASSISTANT in [one.username for one in credentials(workshop.shop.config, workshop.shop)]
    page = olga.see(PAGE)
    assert ":1884</dd>" in page
    assert "0.0.0.0:" not in page, "no machine can call that"
    kept = folder.state()
    olga.send(PAGE, form, on=PAGE)
    assert folder.state() == kept, "the same again starts nothing anew"
    olga.send("/staff/settings/back", {"topic": "broker", "version": "0"}, on=PAGE)
    assert workshop.shop.broker == workshop.shop.config.document.broker
    assert folder.state() != kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"port": "0"}, "Write a port from 1 to 65535."),
        ({"port": "x"}, "Write a port from 1 to 65535."),
        ({"port": "8080"}, "Something else of this shop has that port."),
        ({"host": "evil.example"}, "Choose one."),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_kept(workshop: Workshop, typed: dict[str, str], said: str) -> None:
    olga = workshop.browser("olga")
    answer = olga.send(PAGE, {"host": "127.0.0.1", "port": "1883", "home_assistant": "0", **typed}, on=PAGE)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert workshop.shop.broker == workshop.shop.config.document.broker


def test_of_a_broker_that_is_not_ours_only_what_we_tell_is_set(make_workshop: Callable[..., Workshop]) -> None:
    workshop = make_workshop('[broker]\nurl = "mqtt://craftops:pa55word@broker.example"\n')
    workshop.open(ShopProfile(name="Werk"))
    olga = workshop.browser("olga")
    page = olga.see(PAGE)
    assert "external broker" in page
    assert "pa55word" not in page
    assert 'name="port"' not in page
    olga.send(PAGE, {"host": "0.0.0.0", "port": "1", "home_assistant": "1"}, on=PAGE)
    table = workshop.shop.broker
    assert (table.url, table.port, table.home_assistant) == ("mqtt://craftops:pa55word@broker.example", 1883, True)


def test_nobody_else_sets_it(workshop: Workshop) -> None:
    assert workshop.browser("sam").get(PAGE).status_code == 403
    assert workshop.browser("ada").get(PAGE).status_code == 404
