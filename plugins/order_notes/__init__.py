"""What a shop says about a material to whoever ordered it, and to whoever makes it; and links for the staff's menu."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from craftops.domain.orders.workflow import Stage
from craftops.errors import ConfigError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.parts import MenuLink, OrderPart, OrderShown
from craftops.sdk.settings import setting

IN_HAND = (Stage.READY_FOR_PICKUP, Stage.READY_TO_SHIP, Stage.SHIPPED, Stage.COMPLETED)


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be said of a material."""

    material: str
    """Its name in the catalogue."""
    text: str


@dataclass(frozen=True, slots=True)
class NotesMenuPlace:
    """A place in the menu."""

    title: str
    address: str
    """It begins with https://."""


@dataclass(frozen=True, slots=True)
class OrderNotes:
    """Texts, and links."""

    care: tuple[Note, ...] = setting(
        (), help='For customers, once their parts are ready: { material = "petg", text = "Stands up to 70 °C." }'
    )
    making: tuple[Note, ...] = setting((), help="For people who work here, at any time: material and text")
    menu: tuple[NotesMenuPlace, ...] = setting((), help="Places in the staff's menu: title, and address (https)")


class OrderNotesPlugin(Plugin[OrderNotes]):
    """Shows the notes of the materials that an order has."""

    name = "order_notes"
    title = "Notes on materials"
    summary = "Tells customers how to look after their parts, and staff how a material is made."
    settings_type = OrderNotes

    def __init__(self, settings: OrderNotes) -> None:
        super().__init__(settings)
        wrong = [one.title for one in settings.menu if not one.address.startswith("https://")]
        if wrong:
            raise ConfigError(
                "The settings cannot be used:",
                [f"plugin.order_notes.menu: the address of {title} does not begin with https://" for title in wrong],
            )

    @hookimpl
    def portal_order_panels(self, order: OrderShown) -> Iterable[OrderPart]:
        return _parts("Looking after your parts", order, self.settings.care) if order.stage in IN_HAND else ()

    @hookimpl
    def staff_order_panels(self, order: OrderShown) -> Iterable[OrderPart]:
        return _parts("How it is made", order, self.settings.making)

    @hookimpl
    def staff_menu(self) -> Iterable[MenuLink]:
        return [MenuLink(one.title, one.address) for one in self.settings.menu]


def _parts(title: str, order: OrderShown, notes: Iterable[Note]) -> Iterator[OrderPart]:
    materials = {line.specification.material for line in order.lines}
    texts = [one.text for one in notes if one.material in materials]
    if texts:
        yield OrderPart(title, "\n\n".join(texts))


PLUGIN = OrderNotesPlugin
