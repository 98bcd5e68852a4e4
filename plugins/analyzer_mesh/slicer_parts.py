"""What slicers mean by the volumes of a 3MF: parts to make, room to cut out, and helpers of which nothing is made.

PrusaSlicer and its kin name runs of triangles (``Metadata/Slic3r_PE_model.config``), Bambu Studio and OrcaSlicer name
components (``Metadata/model_settings.config``); the names of their kinds are those of the programs' own files.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from craftops.sdk.analyzer import NotReadable

from .package import Package, parse, strict_parser

NEGATIVE = frozenset(("negativevolume", "negative_part"))
HELPERS = frozenset((
    "parametermodifier", "supportenforcer", "supportblocker", "modifier_part", "support_enforcer", "support_blocker",
))  # fmt: skip
CURA_HELPERS = frozenset(("cura:support_mesh", "cura:anti_overhang_mesh", "cura:infill_mesh", "cura:cutting_mesh"))
"""Marks of an object, true or false, that Cura writes into the model itself."""
LARGEST = 8_000_000


@dataclass(frozen=True, slots=True)
class TriangleRange:
    """Triangles of a mesh, from ``first`` to ``last`` inclusive; ``role`` is part, negative or helper."""

    first: int
    last: int
    role: str


@dataclass(slots=True)
class Roles:
    """Roles by object, and by object and component."""

    runs: dict[str, list[TriangleRange]] = field(default_factory=dict)
    components: dict[tuple[str, str], str] = field(default_factory=dict)


def roles_of(package: Package) -> Roles:
    """What the package's slicer says of its volumes; nothing where no slicer has written it."""
    reader = _SlicerReader()
    for name in package.archive.namelist():
        low = name.lower()
        if not low.startswith("metadata/") or not low.endswith(("model.config", "model_settings.config")):
            continue
        if package.archive.getinfo(name).file_size > LARGEST:
            continue
        parser = strict_parser()
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        try:
            parse(parser, package.read(name))
        except NotReadable:
            continue  # the shape itself is whole; what its slicer thought of it is lost
    return reader.roles


def role_of(kind: str) -> str:
    """part, negative or helper."""
    kind = kind.lower()
    return "negative" if kind in NEGATIVE else "helper" if kind in HELPERS else "part"


class _SlicerReader:
    def __init__(self) -> None:
        self.roles = Roles()
        self.object = ""
        self.volume: tuple[int, int] | None = None
        self.role = "part"

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        if name == "object":
            self.object = attributes.get("id", "")
        elif name == "part":
            role = role_of(attributes.get("subtype", ""))
            if role != "part":
                self.roles.components[self.object, attributes.get("id", "")] = role
        elif name == "volume":
            try:
                self.volume = int(attributes.get("firstid", "")), int(attributes.get("lastid", ""))
            except ValueError:
                self.volume = None
            self.role = "part"
        elif name == "metadata" and self.volume is not None:
            key, value = attributes.get("key", ""), attributes.get("value", "")
            if key == "volume_type":
                self.role = role_of(value)
            elif key == "modifier" and value == "1":
                self.role = "helper"

    def end(self, name: str) -> None:
        name = name.rpartition(" ")[2]
        if name == "volume" and self.volume is not None:
            self.roles.runs.setdefault(self.object, []).append(TriangleRange(*self.volume, self.role))
            self.volume = None
        elif name == "object":
            self.object = ""
