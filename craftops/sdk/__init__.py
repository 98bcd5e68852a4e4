"""All that a plugin may import, together with ``craftops.domain`` and ``craftops.errors``."""

from craftops.sdk.plugin import Plugin, hookimpl

__all__ = ["Plugin", "hookimpl"]
