"""What every plugin is: a class with a name, a settings type, and hook implementations as methods.

An entry point of the group ``craftops.plugins`` names a module; the module holds the class as ``PLUGIN``::

    class PickupBell(Plugin[BellSettings]):
        name = "pickup_bell"
        title = "Pickup bell"
        summary = "Rings the bell at the counter when an order is ready."
        settings_type = BellSettings

        @hookimpl
        def order_stage_changed(self, change): ...

    PLUGIN = PickupBell

Enabling it takes one line of ``shop.toml``; installing alone does nothing. The constructor must not do I/O.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

import pluggy

from craftops.sdk.settings import NoSettings
from craftops.sdk.tables import PluginPlace

hookimpl = pluggy.HookimplMarker("craftops")

SettingsT = TypeVar("SettingsT")


class Plugin(Generic[SettingsT]):
    """Base of all plugins; ``settings`` is the parsed ``[plugin.<name>]`` table of ``shop.toml``."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    settings_type: ClassVar[type[Any]] = NoSettings
    can_be_tried: ClassVar[bool] = False
    """Whether ``try_out`` does something; staff then have a button for it."""

    place: PluginPlace
    """Where it keeps what is its own; there once the shop is open, not in the constructor."""

    def __init__(self, settings: SettingsT) -> None:
        self.settings = settings

    def try_out(self) -> str:
        """Use the settings for something that changes nothing (ask an account for its name); what it said, as a
        sentence. The worker calls it, for at most 20 seconds. Raises OutsideError with what is wrong."""
        raise NotImplementedError
