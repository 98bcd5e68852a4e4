"""The local EasyPost as the contract of carriers needs it."""

from __future__ import annotations

from craftops_plugins.carrier_easypost.carrier import EasyPost
from craftops_plugins.carrier_easypost.settings import EasyPostSettings

from craftops.sdk.carrier import TrackingState
from craftops.testing.contracts_carrier import CarrierDesk, Letter
from craftops.testing.easypost import LocalEasyPost

STATUS = {
    TrackingState.IN_TRANSIT: "in_transit",
    TrackingState.OUT_FOR_DELIVERY: "out_for_delivery",
    TrackingState.DELIVERED: "delivered",
}


def easypost(local: LocalEasyPost, address: str = "", **more: str) -> EasyPost:
    """The carrier at the local EasyPost, or at another address."""
    return EasyPost(
        EasyPostSettings(api_key=local.key, webhook_secret=local.secret, api_base=address or local.address, **more)  # type: ignore[arg-type]
    )


class EasyPostDesk(CarrierDesk):
    def __init__(self, local: LocalEasyPost) -> None:
        self.local = local

    def bought(self, intent: str) -> int:
        return len(self.local.control.bought(intent))

    def move(self, number: str, state: TrackingState) -> None:
        self.local.control.move(number, STATUS[state], city="HOUSTON")

    def settle_void(self, ref: str, *, paid: bool) -> None:
        self.local.control.settle_refund(ref, paid=paid)

    def lose_next_answer(self) -> None:
        self.local.control.break_next("drop", path="/v2/shipments/", ends="/buy")

    def letters(self, *, wrong_secret: bool = False) -> list[Letter]:
        return list(self.local.letters("guessed" if wrong_secret else self.local.secret))
