"""What makes hundreds of shops cheap in one test process: what is the same in each of them is worked out once.

An application compiles three hundred rules of URLs and the templates of its pages, which are those of every other one,
and SQLite waits at every commit until the disk has it, in case that the power fails, which no test is about.
"""

from __future__ import annotations

import gc
from types import CodeType
from typing import Any

import pytest
from jinja2.bccache import Bucket, BytecodeCache
from pluggy import PluginManager

from craftops.app import Site
from craftops.store import database, prepared
from craftops.testing.known_urls import KnownMap, KnownRule
from craftops.testing.pytest_plugin import LAZY_GC
from craftops.web.frame import keeping
from craftops.web.frame.language.templates import language


class KnownTemplates(BytecodeCache):
    """Compiled templates of this process, by their file, their text and the language that they speak."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CodeType] = {}

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return f"{language()}|{name}|{filename}"

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._known[bucket.key, bucket.checksum] = bucket.code


def _known_hooks(patch: pytest.MonkeyPatch) -> None:
    """Let no attribute of a plugin's class be looked at twice for being a hook; there are fifty, of fifteen plugins."""
    look = PluginManager.parse_hookimpl_opts
    none: set[tuple[type, str, str]] = set()

    def known(self: PluginManager, plugin: object, name: str) -> Any:
        if name in getattr(plugin, "__dict__", ()):  # its own, and not of its class
            return look(self, plugin, name)
        key = (type(plugin), name, self.project_name)
        found = None if key in none else look(self, plugin, name)
        if found is None:
            none.add(key)
        return found

    patch.setattr(PluginManager, "parse_hookimpl_opts", known)


def share(patch: pytest.MonkeyPatch) -> None:
    """Let shops of this process share what is the same in all of them, as long as ``patch`` stands."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*LAZY_GC)
    patch.setitem(database.SQLITE_PRAGMAS, "synchronous", "off")
    patch.setattr(keeping, "CHECKED", True)
    patch.setattr(prepared, "CHECKED", True)
    patch.setattr(Site, "url_rule_class", KnownRule)
    patch.setattr(Site, "url_map_class", KnownMap)
    _known_hooks(patch)
    patch.setattr(Site, "jinja_options", {**Site.jinja_options, "bytecode_cache": KnownTemplates()})
