"""What a shop does not do: kinds of files, places, batches, and moves that nobody makes alone."""

from __future__ import annotations

from dataclasses import dataclass

from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.rules import MoveAsked, OrderAsked, UploadAsked
from craftops.sdk.settings import setting

MAKING = (Stage.QUEUED, Stage.IN_PRODUCTION)
PASSED = (Stage.READY_FOR_PICKUP, Stage.READY_TO_SHIP)


@dataclass(frozen=True, slots=True)
class HouseRules:
    """Each rule is off until it is set."""

    no_formats: tuple[str, ...] = setting((), help="Kinds of files that are not taken, such as ai or obj")
    no_countries: tuple[str, ...] = setting((), help="Countries that nothing is shipped to, as codes such as RU")
    most_copies: int = setting(0, help="The most copies of one part that customers may order; 0: as many as they like")
    po_number: bool = setting(False, help="Orders of companies need their purchase order number before they are made")
    two_people: bool = setting(
        False, help="Whoever moved an order to the quality check does not pass it: somebody else looks at the parts"
    )


class HouseRulesPlugin(Plugin[HouseRules]):
    """Says no where the settings say so."""

    name = "house_rules"
    title = "House rules"
    summary = "Refuses files, orders and moves that this shop does not want."
    settings_type = HouseRules

    @hookimpl
    def refuse_upload(self, upload: UploadAsked) -> str | None:
        unwanted = {one.lower().lstrip(".") for one in self.settings.no_formats}
        if upload.format and upload.format in unwanted:
            return f"This shop does not take {upload.format.upper()} files. Please send another format."
        return None

    @hookimpl
    def refuse_order(self, order: OrderAsked) -> str | None:
        by_customer = not order.by.is_staff
        most = self.settings.most_copies
        if by_customer and most > 0 and (many := [line for line in order.lines if line.quantity > most]):
            return f"Online you can order {most} copies of a part. For {many[0].quantity} of {many[0].title}, ask us."
        closed = {one.upper() for one in self.settings.no_countries}
        if order.delivery is Delivery.SHIPPING and order.address is not None and order.address.country in closed:
            return f"This shop ships nothing to {order.address.country}. Choose pickup, or another address."
        return None

    @hookimpl
    def refuse_stage_change(self, move: MoveAsked) -> str | None:
        if self.settings.po_number and move.after in MAKING and move.company and not move.po_number:
            return f"{move.company} has not told its purchase order number yet. Write it into the order first."
        checks = move.before is Stage.QUALITY_CHECK and move.after in PASSED
        if self.settings.two_people and checks and move.by.name == move.last_moved_by:
            return "You brought this order to the quality check. Somebody else has to pass it."
        return None


PLUGIN = HouseRulesPlugin
