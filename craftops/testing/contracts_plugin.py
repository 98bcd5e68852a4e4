"""What every plugin, every notification channel and every theme must keep to.

Subclass, say which, and pytest runs the rest::

    class TestLook(ThemeContract):
        def plugin(self): return PLUGIN
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from craftops.domain.shop.palette import broken_rules
from craftops.errors import OutsideError
from craftops.plugin_host.masking import SHORTEST
from craftops.plugin_host.quality import SECRET_WORDS
from craftops.sdk.notification import InlinePicture, Notice, NotificationChannel
from craftops.sdk.pages import Audience
from craftops.sdk.plugin import Plugin
from craftops.sdk.settings import parse
from craftops.testing.contracts import LIES
from craftops.testing.liars import liar, says
from craftops.testing.workshop import Workshop
from craftops.web.frame.theme_check import ThemeCheck
from craftops.web.frame.theming import chain_of, colours, faults

NOTICE = Notice(
    "order-1:ada", "ada@example.org", "Ada", "Testwerk", "Your order", "It is ready.", "<p>It is ready.</p>",
    (InlinePicture("part", b"\x89PNG\r\n\x1a\n", "A part"),),
)  # fmt: skip


class PluginContract:
    """Any plugin: it says what it is, and can be made as often as one likes without doing anything."""

    def plugin(self) -> type[Plugin[Any]]:
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """What ``shop.toml`` must say for it to start."""
        return {}

    def test_it_introduces_itself(self) -> None:
        kind = self.plugin()
        assert kind.name.isidentifier()
        assert kind.title
        assert kind.summary.endswith(".")

    def test_its_settings_explain_themselves_and_hide_their_secrets(self) -> None:
        for field in dataclasses.fields(self.plugin().settings_type):
            assert field.metadata["help"], field.name
            if SECRET_WORDS.search(field.name):
                assert field.metadata["secret"], field.name

    def test_it_starts_in_a_shop(self, plug_in: Callable[..., Workshop]) -> None:
        kind = self.plugin()
        workshop = plug_in(kind, toml_of(kind.name, self.settings()))
        assert kind.name in workshop.shop.plugins.plugins()

    def test_it_keeps_nothing_for_the_next_one(self) -> None:
        kind = self.plugin()
        first, second = (kind(parse(kind.settings_type, self.settings(), kind.name)) for _ in range(2))
        assert first is not second
        assert first.settings == second.settings


def toml_of(name: str, settings: dict[str, Any]) -> str:
    """The settings of a plugin, as ``shop.toml`` says them."""
    lines = [f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in settings.items()]
    return "\n".join([f"[plugin.{name}]", *lines, ""]) if lines else ""


class NotificationChannelContract:
    """A channel that speaks HTTP to somebody: it ends in time, whatever they answer, and says nothing of its secrets."""

    ends_within_s: ClassVar[float] = 20.0
    lies: ClassVar[tuple[str, ...]] = ("garbage", "nothing", "a redirect", "a refusal", "a fault")
    """What a site may answer that certainly did not take the notice."""

    def channel(self, address: str) -> NotificationChannel:
        """The channel, if what it speaks to were at ``address``; with a secret, where it has one."""
        raise NotImplementedError

    def test_it_introduces_itself(self) -> None:
        channel = self.channel("http://127.0.0.1:9")
        assert channel.name.isidentifier()
        assert channel.title
        assert isinstance(channel.reaches_person, bool)
        assert channel.ready is True

    def test_a_notice_arrives(self) -> None:
        with liar(says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")) as site:
            self.channel(site.address).send(NOTICE)
            assert site.requests

    def test_where_nobody_is_it_says_so(self) -> None:
        with liar(says(b"")) as site:
            address = site.address
        with pytest.raises(OutsideError) as caught:
            self.channel(address).send(NOTICE)
        assert caught.value.sentence.endswith(".")

    @pytest.mark.parametrize("kind", LIES)
    def test_a_site_that_did_not_take_it_is_no_success(self, kind: str) -> None:
        if kind not in self.lies:
            pytest.skip("whether this is an answer is the channel's to say")
        with liar(LIES[kind]) as site, pytest.raises(OutsideError) as caught:
            self.channel(site.address).send(NOTICE)
        assert caught.value.sentence.endswith(".")
        assert "secret" not in caught.value.sentence
        assert SHORTEST < len(caught.value.sentence) < 300


class ThemeContract:
    """A theme: every page of the portal in it, and no rule of ``craftops theme check`` broken."""

    def plugin(self) -> type[Plugin[Any]]:
        raise NotImplementedError

    def dressed(self, plug_in: Callable[..., Workshop]) -> Workshop:
        kind = self.plugin()
        [theme] = kind(parse(kind.settings_type, {}, kind.name)).register_themes()  # type: ignore[attr-defined]
        return plug_in(kind, f'[theme]\nname = "{theme.name}"\n')

    def test_every_page_is_there(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.dressed(plug_in)
        order = workshop.place("ada")
        for path in ("/sign-in", "/lost-link", "/first-order"):
            workshop.browser().see(path)
        browser = workshop.browser("ada")
        for path in ("/", "/orders/new", f"/orders/{order.code}", "/history", "/account", "/account/addresses"):
            page = browser.see(path)
            assert " style=" not in page, f"{path}: the pages allow no inline style"
            assert "<script>" not in page, f"{path}: nor inline scripts"
        with workshop.app.test_request_context("/"):
            assert faults(workshop.shop) == {}, "a template of the theme could not be used"

    def test_its_style_sheet_fetches_nothing_from_elsewhere(self, plug_in: Callable[..., Workshop]) -> None:
        sheet = self.dressed(plug_in).browser().see("/theme.css")
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", sheet)

    def test_it_keeps_every_rule_of_the_check(self, plug_in: Callable[..., Workshop]) -> None:
        shop = self.dressed(plug_in).shop
        first, *parents = chain_of(shop, shop.config.document.theme.name)
        found = ThemeCheck(first.folder, tuple(one.folder for one in parents), first.name).faults()
        assert found == (), "\n".join(map(str, found))

    @pytest.mark.parametrize("brand", ["#1f6feb", "#ffd400", "#0a0a0a", "#f7f7f7"])
    def test_any_colour_of_a_shop_is_readable_in_it(self, plug_in: Callable[..., Workshop], brand: str) -> None:
        workshop = self.dressed(plug_in)
        with workshop.app.test_request_context("/"):
            for dark in (False, True):
                assert broken_rules(colours(workshop.shop, brand, dark=dark)) == ()


class PageContract(PluginContract):
    """A plugin with pages of its own: each is there for whom it is meant, and for nobody else."""

    def test_each_page_is_there_for_whom_it_is_meant_and_for_nobody_else(
        self, plug_in: Callable[..., Workshop]
    ) -> None:
        kind = self.plugin()
        workshop = plug_in(kind, toml_of(kind.name, self.settings()))
        assert workshop.shop.plugins.pages
        for (plugin, name), page in workshop.shop.plugins.pages.items():
            path = f"/x/{plugin}/{name}" if page.audience is Audience.CUSTOMER else f"/staff/x/{plugin}/{name}"
            meant = {Audience.CUSTOMER: "ada sam olga", Audience.STAFF: "sam olga", Audience.OWNER: "olga"}
            for who in ("ada", "sam", "olga"):
                answer = workshop.browser(who).get(path)
                assert (answer.status_code == 200) == (who in meant[page.audience].split()), f"{path} for {who}"
                assert answer.status_code in (200, 403, 404)
            assert workshop.browser().get(path).status_code == 303, "strangers sign in first"
            assert workshop.browser("olga").client.post(path, data={}).status_code == 400, "a forged form does nothing"

    def test_nothing_inline_is_run(self, plug_in: Callable[..., Workshop]) -> None:
        kind = self.plugin()
        workshop = plug_in(kind, toml_of(kind.name, self.settings()))
        for (plugin, name), page in workshop.shop.plugins.pages.items():
            face = "" if page.audience is Audience.CUSTOMER else "/staff"
            text = workshop.browser("olga").see(f"{face}/x/{plugin}/{name}")
            assert " style=" not in text
            assert "<style" not in text
            assert "<script>" not in text
            assert " onclick" not in text
