"""``craftops components``: what this installation is made of, as a CycloneDX document that scanners of faults read."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import click
from packaging.requirements import Requirement

import craftops
from craftops.errors import CraftOpsError

OURS = "craftops"
EXTRAS = ("postgres", "scale", "mt940", "mcp", "einvoice")
"""What operators install besides; tools of developers are no part of a shop."""
LONGEST_NAME = 100
"""Characters; some write the whole text of their licence where its name belongs."""
LOCK = "package-lock.json"


def add_to(cli: click.Group) -> None:
    """Register the commands."""
    cli.add_command(components)


@click.command()
def components() -> None:
    """Print every library that runs here, with version and licence (SBOM, CycloneDX 1.6)."""
    click.echo(json.dumps(document(datetime.now(UTC)), indent=2))


def document(at: datetime) -> dict[str, Any]:
    """What there is, at that moment. Raises CraftOpsError where the program itself is not installed."""
    found = _installed()
    borrowed = _borrowed()
    ours = found[OURS][0]
    parts = [_component(one) for name, (one, _needs) in sorted(found.items()) if name != OURS] + borrowed
    refs = {name: _ref(one) for name, (one, _needs) in found.items()}
    wanted = {name: sorted(refs[other] for other in others) for name, (_one, others) in found.items()}
    wanted[OURS] += [one["bom-ref"] for one in borrowed]
    needs = [{"ref": refs[name], "dependsOn": others} for name, others in sorted(wanted.items())]
    same = json.dumps([parts, needs], sort_keys=True)
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, same)}",
        "metadata": {
            "timestamp": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "component": {**_component(ours), "type": "application"},
        },
        "components": parts,
        "dependencies": needs,
    }  # fmt: skip


def _installed() -> dict[str, tuple[Distribution, set[str]]]:
    """By name: the program, and whatever it needs here, to the end; each with the names of what it needs itself."""
    found: dict[str, tuple[Distribution, set[str]]] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(OURS, EXTRAS)]
    done: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in done:
            continue
        done.add((name, extras))
        try:
            one, wanted = found.get(name) or (distribution(name), set())
        except PackageNotFoundError:
            if name == OURS:
                raise CraftOpsError("CraftOps is not installed here: pip install . in its folder.") from None
            continue  # it may be left out: an extra that nobody has asked for
        found[name] = (one, wanted)
        for needed in _needs(one, extras):
            wanted.add(_plain(needed.name))
            waiting.append((_plain(needed.name), tuple(sorted(needed.extras))))
    return {name: (one, {other for other in wanted if other in found}) for name, (one, wanted) in found.items()}


def _needs(one: Distribution, extras: tuple[str, ...]) -> Iterator[Requirement]:
    for text in one.requires or ():
        needed = Requirement(text)
        here = [{"extra": extra} for extra in ("", *extras)]
        if needed.marker is None or any(needed.marker.evaluate(where) for where in here):
            yield needed


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _ref(one: Distribution) -> str:
    return f"pkg:pypi/{_plain(one.metadata['Name'])}@{one.version}"


def _component(one: Distribution) -> dict[str, Any]:
    ref, name = _ref(one), one.metadata["Name"]
    made: dict[str, Any] = {"type": "library", "bom-ref": ref, "name": name, "version": one.version, "purl": ref}
    if said := _licence(one):
        made["licenses"] = [said]
    return made


def _licence(one: Distribution) -> Mapping[str, Any]:
    data = one.metadata
    if "License-Expression" in data:
        return {"expression": data["License-Expression"]}
    classes = [text.rsplit(" :: ", 1)[-1] for text in data.get_all("Classifier") or () if text.startswith("License ::")]
    named = next(iter(data.get_all("License") or ()), "")
    name = named if 0 < len(named) < LONGEST_NAME and "\n" not in named else " and ".join(classes)
    return {"license": {"name": name}} if name else {}


def _borrowed() -> list[dict[str, Any]]:
    """What the pages borrow of npm packages: as it was locked when this program was built."""
    home = Path(craftops.__file__).parent
    places = (home / "static" / "vendor" / LOCK, home.parent / LOCK)
    lock = next((one for one in places if one.is_file()), None)
    if lock is None:
        raise CraftOpsError("This program does not say what its pages are made of: it was not built as a whole.")
    made = []
    for path, told in sorted(json.loads(lock.read_text(encoding="utf-8"))["packages"].items()):
        if path and not told.get("dev"):
            name = path.rpartition("node_modules/")[2]
            ref = f"pkg:npm/{name.replace('@', '%40')}@{told['version']}"
            one = {"type": "library", "bom-ref": ref, "name": name, "version": told["version"], "purl": ref}
            made.append({**one, "licenses": [{"license": {"name": told["license"]}}]} if "license" in told else one)
    return made
