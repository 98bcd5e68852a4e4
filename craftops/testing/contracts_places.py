"""What places in the menu, tables and folders of a plugin's own must keep to.

Subclass, say which, and pytest runs the rest::

    class TestMenu(MenuContract):
        def plugin(self): return PLUGIN
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Callable
from html import escape
from typing import Any

from craftops.plugin_host.checks import CONTRIBUTIONS
from craftops.sdk.parts import MenuLink
from craftops.sdk.plugin import Plugin
from craftops.sdk.tables import AddTable, DropTable
from craftops.services.shop import exporting
from craftops.services.shop.plugin_places import OwnPlace
from craftops.store.database import connected, utcnow
from craftops.testing.alone import start_alone
from craftops.testing.contracts_parts import WithShop
from craftops.testing.workshop import Workshop


class MenuContract(WithShop):
    """Places in the staff's menu: seen by whom they are meant for, and what is in this shop opens."""

    def links(self) -> list[MenuLink]:
        """What it adds. Raises AssertionError for nothing."""
        plugin: Any = start_alone(self.plugin(), **self.settings())
        found: list[MenuLink] = CONTRIBUTIONS["staff_menu"](plugin.staff_menu())
        assert found, "it adds nothing to the menu"
        return found

    def test_each_place_is_seen_by_whom_it_is_meant_for(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.shop(plug_in)
        sprite = workshop.browser().see("/static/vendor/icons.svg")
        for link in self.links():
            assert f'id="{link.icon}"' in sprite, f"CraftOps has no symbol {link.icon!r}"
            place = re.compile(
                rf'<a href="{re.escape(escape(link.address))}"[^>]*>.*?{re.escape(escape(link.title))}</a>'
            )
            assert place.search(workshop.browser("olga").see("/staff/"))
            assert bool(place.search(workshop.browser("sam").see("/staff/"))) is not link.owner_only
        self.nothing_failed(workshop)

    def test_what_is_in_this_shop_opens(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.shop(plug_in)
        for link in self.links():
            if link.address.startswith("/"):
                workshop.browser("olga" if link.owner_only else "sam").see(link.address)


class TablesContract(WithShop):
    """Tables and a folder of its own: what is kept is there again, alone and in a shop, and goes along with the shop."""

    def keep(self, plugin: Any) -> Any:
        """Have the plugin keep something in its tables or its folder, and give what it reads back of it."""
        raise NotImplementedError

    def read(self, plugin: Any) -> Any:
        """The same, without keeping anything."""
        raise NotImplementedError

    def test_what_is_kept_is_read_alone_and_in_a_shop(self, plug_in: Callable[..., Workshop]) -> None:
        alone = self.keep(start_alone(self.plugin(), **self.settings()))
        workshop = self.shop(plug_in)
        with connected():
            assert self.keep(self._started(workshop)) == alone, "a shop keeps it as the fake does"

    def test_it_is_there_after_a_start_and_its_tables_are_made_once(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.shop(plug_in)
        plugin, name = self._started(workshop), self.plugin().name
        with connected():
            kept = self.keep(plugin)
            plugin.place = OwnPlace(workshop.shop.config.data, name, workshop.shop.plugins.migrations.get(name, ()))
            assert self.read(plugin) == kept

    def test_its_folder_is_its_own(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.shop(plug_in)
        plugin = self._started(workshop)
        with connected():
            self.keep(plugin)
        folder = plugin.place.folder
        assert folder.is_relative_to(workshop.shop.config.data)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, "for nobody else on this computer"

    def test_its_tables_go_along_when_everything_is_taken_out(self, plug_in: Callable[..., Workshop]) -> None:
        workshop = self.shop(plug_in)
        with connected():
            self.keep(self._started(workshop))
            pieces = exporting.export(workshop.shop, workshop.actor("olga"), at=utcnow())
            archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
        steps = [step for one in workshop.shop.plugins.migrations.get(self.plugin().name, ()) for step in one.steps]
        gone = {step.name for step in steps if isinstance(step, DropTable)}
        for table in {step.name for step in steps if isinstance(step, AddTable)} - gone:
            assert f"tables/x_{self.plugin().name}_{table}.csv" in archive.namelist()

    def _started(self, workshop: Workshop) -> Plugin[Any]:
        return workshop.shop.plugins.plugins()[self.plugin().name]
