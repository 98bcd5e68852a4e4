"""For tests of CraftOps and of plugins: a shop that stands, people in it, contracts for each kind of plugin."""

from craftops.testing.contracts import (
    CameraContract,
    FileAnalyzerContract,
    IntakeChannelContract,
    LinkedDriverContract,
    MachineDriverContract,
    MqttDriverContract,
)
from craftops.testing.contracts_payment import (
    CounterProviderContract,
    OnlineProviderContract,
    TransferProviderContract,
)
from craftops.testing.payment_desk import PaymentDesk
from craftops.testing.workshop import Browser, Workshop

__all__ = [
    "Browser",
    "CameraContract",
    "CounterProviderContract",
    "FileAnalyzerContract",
    "IntakeChannelContract",
    "LinkedDriverContract",
    "MachineDriverContract",
    "MqttDriverContract",
    "OnlineProviderContract",
    "PaymentDesk",
    "TransferProviderContract",
    "Workshop",
]
