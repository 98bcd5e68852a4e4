"""Find, enable, collect, ask, announce: everything the core does with plugins.

Listing a plugin in ``shop.toml`` enables it; installing it does not. A plugin that breaks at start stops the
start, named, or is left out with ``--safe``. One that breaks at run time is counted and logged, and the rest
goes on.
"""
