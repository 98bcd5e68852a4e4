"""Files that customers send: formats, the verdict, measured facts, findings."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class FileFormat(StrEnum):
    """Formats that CraftOps takes in for making."""

    STL = "stl"
    OBJ = "obj"
    THREEMF = "3mf"
    DXF = "dxf"
    SVG = "svg"
    AI = "ai"


class Verdict(StrEnum):
    """What became of a file."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    FINDINGS = "findings"
    REFUSED = "refused"
    BY_HAND = "by_hand"


class Severity(StrEnum):
    """How much a finding matters: refuses the file, should be looked at, or is only worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem or note, in one plain sentence for the customer."""

    code: str
    severity: Severity
    sentence: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class MeshFacts:
    """Measures of a mesh. Lengths in mm, area in mm², volume in mm³, all in the file's own axes."""

    triangles: int
    bodies: int
    size_mm: tuple[float, float, float]
    area_mm2: float
    volume_mm3: float | None
    """None when the surface is not closed: then a volume would be a guess."""
    watertight: bool
    inverted: bool = False
    degenerate: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that an analyzer found. ``picture`` is a PNG with a transparent ground, or None."""

    verdict: Verdict
    code: str
    sentence: str
    mesh: MeshFacts | None = None
    findings: tuple[Finding, ...] = ()
    picture: bytes | None = None
    seconds: float = 0.0
    peak_mb: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)


BY_HAND = Analysis(
    Verdict.BY_HAND, "by_hand", "We could not measure this file by machine, so we will check it by hand."
)


def analysis_to_json(analysis: Analysis) -> dict[str, Any]:
    """Everything but the picture, as JSON values."""
    mesh = analysis.mesh
    return {
        "verdict": analysis.verdict.value,
        "code": analysis.code,
        "sentence": analysis.sentence,
        "mesh": {**asdict(mesh), "size_mm": list(mesh.size_mm)} if mesh else None,
        "findings": [{**asdict(found), "severity": found.severity.value} for found in analysis.findings],
        "seconds": analysis.seconds,
        "peak_mb": analysis.peak_mb,
        "extra": analysis.extra,
    }


def analysis_from_json(data: dict[str, Any], picture: bytes | None = None) -> Analysis:
    """The reverse of ``analysis_to_json``. Raises KeyError, TypeError or ValueError on foreign data."""
    mesh = data.get("mesh")
    return Analysis(
        verdict=Verdict(data["verdict"]),
        code=str(data["code"]),
        sentence=str(data["sentence"]),
        mesh=MeshFacts(**{**mesh, "size_mm": tuple(mesh["size_mm"])}) if mesh else None,
        findings=tuple(
            Finding(str(f["code"]), Severity(f["severity"]), str(f["sentence"]), str(f.get("fix", "")))
            for f in data["findings"]
        ),
        picture=picture,
        seconds=float(data["seconds"]),
        peak_mb=float(data["peak_mb"]),
        extra=dict(data.get("extra") or {}),
    )
