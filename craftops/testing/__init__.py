"""For tests of CraftOps and of plugins: a shop that stands, people in it, contracts for each kind of plugin, and what
plugins are handed, made up.

Its names are loaded when they are asked for: ``craftops.testing.stripe`` runs where there is no pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from craftops.testing.alone import FakePlace, FakeTables, start_alone
    from craftops.testing.channels import FakeBox, FakePost
    from craftops.testing.contracts import (
        CameraContract,
        FileAnalyzerContract,
        IntakeChannelContract,
        LinkedDriverContract,
        MachineDriverContract,
        MqttDriverContract,
    )
    from craftops.testing.contracts_carrier import CarrierContract, OnlineCarrierContract
    from craftops.testing.contracts_identity import IdentityProviderContract
    from craftops.testing.contracts_parts import (
        CommandContract,
        ListenerContract,
        OrderPanelContract,
        PricingContract,
        ReportContract,
        RulesContract,
        ScheduleContract,
    )
    from craftops.testing.contracts_payment import (
        CounterProviderContract,
        OnlineProviderContract,
        TransferProviderContract,
    )
    from craftops.testing.contracts_places import MenuContract, TablesContract
    from craftops.testing.contracts_plugin import (
        NotificationChannelContract,
        PageContract,
        PluginContract,
        ThemeContract,
    )
    from craftops.testing.handed import (
        fake_analysis,
        fake_arguments,
        fake_event,
        fake_finished_job,
        fake_finished_order,
        fake_invoice_papers,
        fake_issued_invoice,
        fake_line,
        fake_line_asked,
        fake_move,
        fake_order,
        fake_order_asked,
        fake_order_line,
        fake_order_told,
        fake_prices,
        fake_report_data,
        fake_request,
        fake_upload,
        fake_work,
    )
    from craftops.testing.identity import LocalIdentity
    from craftops.testing.payment_desk import PaymentDesk
    from craftops.testing.workshop import Browser, Workshop

__all__ = [
    "Browser",
    "CameraContract",
    "CarrierContract",
    "CommandContract",
    "CounterProviderContract",
    "FakeBox",
    "FakePlace",
    "FakePost",
    "FakeTables",
    "FileAnalyzerContract",
    "IdentityProviderContract",
    "IntakeChannelContract",
    "LinkedDriverContract",
    "ListenerContract",
    "LocalIdentity",
    "MachineDriverContract",
    "MenuContract",
    "MqttDriverContract",
    "NotificationChannelContract",
    "OnlineCarrierContract",
    "OnlineProviderContract",
    "OrderPanelContract",
    "PageContract",
    "PaymentDesk",
    "PluginContract",
    "PricingContract",
    "ReportContract",
    "RulesContract",
    "ScheduleContract",
    "TablesContract",
    "ThemeContract",
    "TransferProviderContract",
    "Workshop",
    "fake_analysis",
    "fake_arguments",
    "fake_event",
    "fake_finished_job",
    "fake_finished_order",
    "fake_invoice_papers",
    "fake_issued_invoice",
    "fake_line",
    "fake_line_asked",
    "fake_move",
    "fake_order",
    "fake_order_asked",
    "fake_order_line",
    "fake_order_told",
    "fake_prices",
    "fake_report_data",
    "fake_request",
    "fake_upload",
    "fake_work",
    "start_alone",
]
ROOMS = {
    **dict.fromkeys(("Browser", "Workshop"), "workshop"),
    **dict.fromkeys(
        ("CounterProviderContract", "OnlineProviderContract", "TransferProviderContract"), "contracts_payment"
    ),
    "IdentityProviderContract": "contracts_identity",
    "LocalIdentity": "identity",
    **dict.fromkeys(("CarrierContract", "OnlineCarrierContract"), "contracts_carrier"),
    **dict.fromkeys(
        ("NotificationChannelContract", "PageContract", "PluginContract", "ThemeContract"), "contracts_plugin"
    ),
    **dict.fromkeys(
        (
            "CommandContract",
            "ListenerContract",
            "OrderPanelContract",
            "PricingContract",
            "ReportContract",
            "RulesContract",
            "ScheduleContract",
        ),
        "contracts_parts",
    ),
    **dict.fromkeys(("MenuContract", "TablesContract"), "contracts_places"),
    "PaymentDesk": "payment_desk",
    **dict.fromkeys(("FakeBox", "FakePost"), "channels"),
    **dict.fromkeys(("FakePlace", "FakeTables", "start_alone"), "alone"),
}
"""Modules of the names that are not in ``contracts``."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = "handed" if name.startswith("fake_") else ROOMS.get(name, "contracts")
    return getattr(import_module(f"{__name__}.{room}"), name)
