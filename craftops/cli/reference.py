"""``docs/operators/reference.md`` from the program: every command, every setting, every error.

::

    python -m craftops.cli.reference > docs/operators/reference.md
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any

import click
from pydantic import BaseModel

from craftops import errors
from craftops.cli import cli
from craftops.config import ShopFile
from craftops.errors import CraftOpsError
from craftops.example import written
from craftops.plugin_host.finding import installed
from craftops.sdk.plugin import Plugin
from craftops.web.frame.problems import STATUS

HEAD = """# Reference: commands, settings, errors

Made by the program itself (`python -m craftops.cli.reference`), and a test says when it is old.
What each is for stands on the other pages.
"""
HERE = ("-h", "--help", "--version")
BY_ITSELF: dict[type[CraftOpsError], str] = {errors.AccessError: "404; 403 for people who work here"}
"""Where the status is not one number."""


def reference() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_commands(), *_settings(), *_plugins(), *_errors()]) + "\n"


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    yield "Before each: " + "; ".join(_options(cli)) + ".\n"
    yield "| command | what it does | options |"
    yield "|---|---|---|"
    for path, command in _walk(cli, "craftops"):
        said = " ".join((command.help or "").split("\n\n")[0].split())
        yield f"| `{path}` | {_cell(said)} | {_cell('; '.join(_options(command)))} |"
    yield ""


def _walk(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Each command with its arguments; a group only where it does something by itself."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        here = f"{path} {name}"
        if not isinstance(command, click.Group) or command.invoke_without_command:
            words = [_argument(one) for one in command.params if isinstance(one, click.Argument)]
            yield " ".join([here, *words]), command
        if isinstance(command, click.Group) and type(command) is click.Group:
            yield from _walk(command, here)


def _argument(one: click.Argument) -> str:
    name = (one.metavar or one.name or "").upper()
    return f"{name}{'…' if one.nargs != 1 else ''}" if one.required else f"[{name}{'…' if one.nargs != 1 else ''}]"


def _options(command: click.Command) -> list[str]:
    found = []
    for one in command.params:
        if isinstance(one, click.Option) and not one.hidden and not set(one.opts) & set(HERE):
            value = "" if one.is_flag or one.count else f" {one.make_metavar(click.Context(command))}"
            found.append(f"`{', '.join(one.opts)}{value}` {one.help or ''}".strip().removesuffix("."))
    return found


def _settings() -> Iterator[str]:
    yield "## Settings of shop.toml\n"
    document = ShopFile()
    for name in ShopFile.model_fields:
        value = getattr(document, name)
        several = isinstance(value, tuple)
        table = value[0] if several and value else value
        if isinstance(table, BaseModel):
            yield f"### `{f'[[{name}]]' if several else f'[{name}]'}`\n"
            yield "| setting | usually | |"
            yield "|---|---|---|"
            for key, field in type(table).model_fields.items():
                usual = "" if field.is_required() or several else written(getattr(table, key))
                yield f"| `{key}` | {_code(usual)} | {_cell(field.description or '')} |"
            yield ""


def _plugins() -> Iterator[str]:
    yield "## Settings of the plugins that come along\n"
    for name, found in sorted(installed().items()):
        if found.distribution != "craftops":
            continue
        kind: type[Plugin[Any]] = found.entry.load().PLUGIN
        fields = dataclasses.fields(kind.settings_type)
        if fields:
            yield f"### `[plugin.{name}]`\n\n{kind.summary}\n"
            yield "| setting | usually | |"
            yield "|---|---|---|"
            for one in fields:
                secret = " (secret)" if one.metadata.get("secret") else ""
                yield f"| `{one.name}` | {_code(written(one.default))} | {_cell(one.metadata['help'] + secret)} |"
            yield ""


def _errors() -> Iterator[str]:
    yield "## Errors\n"
    yield "What CraftOps raises on purpose; plugins raise the same. Each has a sentence for whoever meets it;"
    yield "browsers and programs get it with the status.\n"
    yield "| error | what it says | status |"
    yield "|---|---|---|"
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, CraftOpsError):
            status = BY_ITSELF.get(kind) or next(number for family, number in STATUS if issubclass(kind, family))
            yield f"| `{kind.__name__}` | {_cell(' '.join((inspect.getdoc(kind) or '').split()))} | {status} |"


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{_cell(text)}`" if text else ""


if __name__ == "__main__":
    print(reference(), end="")
