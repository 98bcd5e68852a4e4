"""Find, enable, collect, ask, announce: everything the core does with plugins.

Listing a plugin in ``shop.toml`` enables it; installing it does not. A plugin that breaks at start stops the
start, named, or is left out with ``--safe``. One that breaks at run time is counted and logged, and the rest
goes on.
"""

from craftops.plugin_host.finding import GROUP, Found, installed
from craftops.plugin_host.host import Dormant, PluginHost
from craftops.plugin_host.starting import start_plugins

__all__ = ["GROUP", "Dormant", "Found", "PluginHost", "installed", "start_plugins"]
