"""``config/shop.example.toml`` from the schema: every setting with its sentence and its default, commented out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from craftops.config import ShopFile
from craftops.plugin_host.finding import Found, installed
from craftops.sdk.plugin import Plugin

HEAD = """# Every setting of CraftOps with its default. Generated: `craftops config example`.
# Copy what you change into shop.toml in the shop's data folder; the rest may stay out.
"""


def example_toml() -> str:
    """The whole file."""
    parts = [HEAD, *_tables()]
    for name, found in sorted(installed().items()):
        if found.distribution == "craftops":
            parts.extend(_plugin(name, found))
    return "\n".join(parts)


def _tables() -> Iterator[str]:
    document = ShopFile()
    for name in ShopFile.model_fields:
        value = getattr(document, name)
        if isinstance(value, BaseModel):
            yield "\n".join([f"[{name}]", *_settings(value)]) + "\n"
        elif isinstance(value, tuple) and value:
            first = "\n".join([f"# [[{name}]]", *_settings(value[0])])
            rest = "\n".join(f"\n# [[{name}]]\n{_row(one)}" for one in value[1:])
            yield f"# Naming any [[{name}]] replaces all of these.\n{first}\n{rest}\n"


def _settings(table: BaseModel) -> Iterator[str]:
    for name, field in type(table).model_fields.items():
        yield f"# {name} = {written(getattr(table, name))}    # {field.description}"


def _row(table: BaseModel) -> str:
    return "\n".join(f"# {name} = {written(value)}" for name, value in table.model_dump(exclude_defaults=True).items())


def _plugin(name: str, found: Found) -> Iterator[str]:
    kind: type[Plugin[Any]] = found.entry.load().PLUGIN
    fields = dataclasses.fields(kind.settings_type)
    if not fields:
        return
    lines = [f"[plugin.{name}]    # {kind.summary}"]
    lines += [f"# {one.name} = {written(one.default)}    # {one.metadata['help']}" for one in fields]
    yield "# " + "\n".join(lines) + "\n"


def written(value: Any) -> str:
    """A value as TOML says it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(written(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {written(one)}" for key, one in value.items()) + " }" if value else "{}"
    if isinstance(value, (int, float)):
        return repr(value)
    return '"' + str(getattr(value, "value", value)).replace("\\", "\\\\").replace('"', '\\"') + '"'
