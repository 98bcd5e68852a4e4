"""``craftops plugins new``: a working package of each kind, out of ``craftops/scaffold``."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

from craftops import __version__
from craftops.errors import CraftOpsError

FOLDER = Path(__file__).parents[1] / "scaffold"
KINDS = {
    "payment_provider": "way to be paid",
    "carrier": "way to send parcels",
    "machine_driver": "driver of machines that speak MQTT",
    "linked_driver": "driver of machines that CraftOps calls",
    "file_analyzer": "reader of design files",
    "intake_channel": "way for files to come in",
    "notification_channel": "way to tell people something",
    "identity_provider": "way to sign in by somebody else's word",
    "theme": "look of the portal",
    "page": "page of its own",
    "report": "table for the owner",
    "order_panel": "card on the page of an order",
    "staff_panel": "card on the staff's page of an order",
    "menu_entry": "place in the staff's menu",
    "tables": "memory of its own: tables and a folder",
    "command": "command of its own",
    "schedule": "work that is done again and again",
    "rules": "refusal of what a shop does not want",
    "pricing": "answer to what a line costs",
    "listener": "plugin that hears what happens",
}
NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
MARK = "=== "


def write_package(kind: str, name: str, into: Path) -> Path:
    """Write the package ``name`` into the folder ``into``; its folder. Raises CraftOpsError."""
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise CraftOpsError(f"A plugin cannot be called {name!r}: small letters, digits and _, a letter first.")
    folder = into / name
    if folder.exists():
        raise CraftOpsError(f"There is something at {folder} already.")
    values = {
        "name": name,
        "Class": "".join(part.capitalize() for part in name.split("_")),
        "title": name.replace("_", " ").capitalize(),
        "package": "craftops-" + name.replace("_", "-"),
        "from_version": ".".join(__version__.split(".")[:2]),
        "to_version": _next(__version__),
        "summary": KINDS[kind],
    }
    for source in ("package", kind):
        for path, text in _files((FOLDER / f"{source}.txt").read_text(encoding="utf-8")):
            target = folder / Template(path).substitute(values)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(Template(text).substitute(values), encoding="utf-8")
    return folder


def _files(text: str) -> list[tuple[str, str]]:
    """The files of a template: each begins with a line that names it."""
    parts = re.split(rf"^{MARK}(.+)$\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _next(version: str) -> str:
    major, minor = version.split(".")[:2]
    return f"{major}.{int(minor) + 1}" if major == "0" else str(int(major) + 1)
