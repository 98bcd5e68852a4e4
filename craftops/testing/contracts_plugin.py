"""What every plugin, every notification channel and every theme must keep to.

Subclass, say which, and pytest runs the rest::

    class TestLook(ThemeContract):
        def plugin(self): return PLUGIN
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jinja2 import Environment, nodes

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
from craftops.web.frame.theming import contrast

NOTICE = Notice(
    "order-1:ada", "ada@example.org", "Ada", "Testwerk", "Your order", "It is ready.", "<p>It is ready.</p>",
    (InlinePicture("part", b"\x89PNG\r\n\x1a\n", "A part"),),
)  # fmt: skip
COLOUR = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{6}\b|#[0-9a-f]{3}\b|oklch\([\d. ]+\))")
OKLAB = ((0.3963377774, 0.2158037573), (-0.1055613458, -0.0638541728), (-0.0894841775, -1.2914855480))
LMS_TO_RGB = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)
"""Of Oklab, by Björn Ottosson."""


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
        workshop = plug_in(kind, _toml(kind.name, self.settings()))
        assert kind.name in workshop.shop.plugins.plugins()

    def test_it_keeps_nothing_for_the_next_one(self) -> None:
        kind = self.plugin()
        first, second = (kind(parse(kind.settings_type, self.settings(), kind.name)) for _ in range(2))
        assert first is not second
        assert first.settings == second.settings


def _toml(name: str, settings: dict[str, Any]) -> str:
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
    """A theme: every page of the portal in it, and every text readable on its ground."""

    pairs: ClassVar[tuple[tuple[str, str], ...]] = (("text", "surface"), ("text", "ground"), ("muted", "surface"))
    """Tokens of a text and of what it stands on."""

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

    def test_its_style_sheet_fetches_nothing_from_elsewhere(self, plug_in: Callable[..., Workshop]) -> None:
        sheet = self.dressed(plug_in).browser().see("/theme.css")
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", sheet)

    def test_every_template_is_one_that_somebody_reads(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.dressed(plug_in)
        core = Path(__file__).parents[1] / "templates"
        for theme in workshop.shop.plugins.themes.values():
            if theme.name != workshop.shop.config.document.theme.name:
                continue
            known = {str(path.relative_to(core)) for path in core.rglob("*.*")}
            own = {str(path.relative_to(theme.folder / "templates")) for path in theme.folder.glob("templates/**/*.*")}
            extra = {one for one in own - known if not Path(one).name.startswith("_")}
            assert extra == set(), "no page of this name is looked for; parts of your own begin with _"

    def test_every_template_can_be_read_and_each_block_is_one_of_the_page(
        self, plug_in: Callable[..., Workshop]
    ) -> None:
        workshop = self.dressed(plug_in)
        environment = workshop.app.jinja_env
        theme = workshop.shop.plugins.themes[workshop.shop.config.document.theme.name]
        for path in (theme.folder / "templates").glob("**/*.html"):
            name = str(path.relative_to(theme.folder / "templates"))
            tree = environment.parse(path.read_text(), name, str(path))
            extends = any(True for _ in tree.find_all(nodes.Extends))
            own = {block.name for block in tree.find_all(nodes.Block)}
            known = _inherited(environment, name) if extends else own
            assert own <= known, f"{name}: nobody shows the block {', '.join(sorted(own - known))}"

    def test_texts_are_readable_on_their_grounds(self, plug_in: Callable[..., Workshop]) -> None:
        core = (Path(__file__).parents[1] / "static" / "css" / "tokens.css").read_text()
        sheet = core + self.dressed(plug_in).browser().see("/theme.css")
        for dark in (False, True):
            tokens = colours(sheet, dark=dark)
            for text, ground in self.pairs:
                found = contrast(tokens[text], tokens[ground])
                assert found >= 4.5, f"--{text} on --{ground} ({'dark' if dark else 'light'}): {found:.2f} : 1"


def _inherited(environment: Environment, name: str) -> set[str]:
    """The blocks of everything that the page one layer below extends."""
    found: set[str] = set()
    below: str | None = "~" + name
    while below:
        source, path, _fresh = environment.loader.get_source(environment, below)  # type: ignore[union-attr]
        tree = environment.parse(source, below, path)
        found |= {block.name for block in tree.find_all(nodes.Block)}
        parents = [one.template.value for one in tree.find_all(nodes.Extends) if isinstance(one.template, nodes.Const)]
        below = environment.join_path(parents[0], below) if parents else None
    return found


def colours(sheet: str, *, dark: bool) -> dict[str, str]:
    """The colours of the tokens that hold in the end, of the light or of the dark scheme, as ``#rrggbb``."""
    found: dict[str, str] = {}
    around: list[str] = []
    for piece in re.findall(r"[^{}]*[{}]", re.sub(r"/\*.*?\*/", "", sheet, flags=re.S)):
        text, brace = piece[:-1], piece[-1]
        if brace == "{":
            around.append(text)
            continue
        where = " ".join(around)
        for_dark = "dark" in where or "data-scheme=light" in where
        if ":root" in where and (dark or not for_dark):
            found |= {one[1]: as_hex(one[2]) for one in COLOUR.finditer(text.lower())}
        around = around[:-1]
    return found


def as_hex(colour: str) -> str:
    """A colour of CSS (``#rgb``, ``#rrggbb``, ``oklch(l c h)``) as ``#rrggbb``; outside of sRGB the nearest channel."""
    if colour.startswith("#"):
        return colour if len(colour) == 7 else "#" + "".join(digit * 2 for digit in colour[1:4])
    light, chroma, hue = (float(part) for part in colour[6:-1].split())
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    cone = [(light + x * a + y * b) ** 3 for x, y in OKLAB]
    linear = [sum(weight * one for weight, one in zip(row, cone, strict=True)) for row in LMS_TO_RGB]
    shown = [1.055 * max(0.0, one) ** (1 / 2.4) - 0.055 if one > 0.0031308 else 12.92 * max(0.0, one) for one in linear]
    return "#" + "".join(f"{round(255 * min(1.0, one)):02x}" for one in shown)


class PageContract(PluginContract):
    """A plugin with pages of its own: each is there for whom it is meant, and for nobody else."""

    def test_each_page_is_there_for_whom_it_is_meant_and_for_nobody_else(
        self, plug_in: Callable[..., Workshop]
    ) -> None:
        kind = self.plugin()
        workshop = plug_in(kind, _toml(kind.name, self.settings()))
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
        workshop = plug_in(kind, _toml(kind.name, self.settings()))
        for (plugin, name), page in workshop.shop.plugins.pages.items():
            face = "" if page.audience is Audience.CUSTOMER else "/staff"
            text = workshop.browser("olga").see(f"{face}/x/{plugin}/{name}")
            assert " style=" not in text
            assert "<style" not in text
            assert "<script>" not in text
            assert " onclick" not in text
