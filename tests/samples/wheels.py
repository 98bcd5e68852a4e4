"""Small wheels, written by hand: what a stranger would have published."""

from __future__ import annotations

import base64
import hashlib
import textwrap
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

PLUGIN = '''
"""A plugin of a test."""
from dataclasses import dataclass
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.settings import NoSettings, setting


@dataclass(frozen=True, slots=True)
class Settings:
    greeting: str = setting("hello", help="What it says")
    token: str = setting("", help="What it must not say", secret=True)


{before}


class It(Plugin[Settings]):
    name = "{name}"
    title = "{title}"
    summary = "Is a plugin of a test."
    settings_type = Settings
    version = "{version}"
{body}


PLUGIN = It
'''


def plugin_module(name: str, body: str = "", *, before: str = "", version: str = "1.0", title: str = "") -> str:
    """The module of a plugin; ``body`` goes into its class, ``before`` in front of it."""
    return PLUGIN.format(
        name=name, title=title or name.capitalize(), version=version, before=textwrap.dedent(before),
        body=textwrap.indent(textwrap.dedent(body), "    "),
    )  # fmt: skip


def make_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    files: Mapping[str, str] | None = None,
    plugins: Mapping[str, str] | None = None,
    requires: Sequence[str] = ("craftops>=0.1,<99",),
) -> Path:
    """A wheel in ``folder``. ``files``: path -> text; ``plugins``: name -> module of its entry points."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = name.replace("-", "_")
    info = f"{stem}-{version}.dist-info"
    about = [f"Name: {name}", f"Version: {version}", "Summary: A package of a test", "License: MIT"]
    about += [f"Requires-Dist: {one}" for one in requires]
    content = dict(files or {})
    content[f"{info}/METADATA"] = "\n".join(["Metadata-Version: 2.1", *about, ""])
    content[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    points = "".join(f"{one} = {module}\n" for one, module in (plugins or {}).items())
    content[f"{info}/entry_points.txt"] = f"[craftops.plugins]\n{points}"
    record = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    wheel = folder / f"{stem}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in content.items():
            archive.writestr(path, text)
    return wheel


def make_plugin_wheel(folder: Path, name: str, version: str = "1.0", body: str = "", **more: object) -> Path:
    """A package ``craftops-<name>`` with one plugin ``name``."""
    before = str(more.pop("before", ""))
    module = plugin_module(name, body, before=before, version=version)
    return make_wheel(
        folder, f"craftops-{name.replace('_', '-')}", version, files={f"{name}.py": module}, plugins={name: name},
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
