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
    COMPANION = "companion"
    """Nothing is made of it; it rides along with an order."""


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
    """What the customer can do about it, in words."""
    remedy: str = ""
    """A fix that we can make by one click (``domain.files.remedies``); empty where there is none."""


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
    objects: int = 1
    """Parts that lie side by side, copies counted (3MF); 1 for formats that know no parts."""
    unit: str = ""
    """The unit that the file names ("millimeter", "inch", ...); empty when it names none and we read millimetres."""
    wall_mm: float | None = None
    """The thinnest of some measured walls; None when none was measured. An indicator, no proof."""
    overhang: float = 0.0
    """Share of the surface (0 to 1) that hangs over by more than 45° when printed as it stands."""


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """One layer or colour of a drawing. ``role``: cut, engrave, or other (a guess by name and colour)."""

    name: str
    colour: str
    """``#rrggbb``; empty where there is none."""
    paths: int
    length_mm: float
    role: str = "cut"


@dataclass(frozen=True, slots=True)
class DrawingFacts:
    """Measures of a drawing. Lengths in mm."""

    size_mm: tuple[float, float]
    unit: str
    """What the drawing was measured in: mm, cm, m, in, ft, px, pt; empty when the file does not say."""
    cut_mm: float
    """Length of all contours."""
    closed: int
    open: int
    pierces: int
    """Places where a beam or a cutter goes in: one for each contour."""
    holes: int
    """Closed contours that lie inside an odd number of others."""
    parts: int
    """Closed contours that lie inside an even number of others (none, most often)."""
    duplicates: int
    crossings: int | None
    """Pairs of lines that cut through each other; None where there are too many lines to look."""
    texts: int
    images: int
    layers: tuple[LayerFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that an analyzer found.

    ``picture`` is a PNG with a transparent ground, ``model`` a GLB of the part to turn; None where there is none.
    """

    verdict: Verdict
    code: str
    sentence: str
    mesh: MeshFacts | None = None
    findings: tuple[Finding, ...] = ()
    picture: bytes | None = None
    seconds: float = 0.0
    peak_mb: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)
    drawing: DrawingFacts | None = None
    model: bytes | None = None

    @property
    def size_mm(self) -> tuple[float, ...] | None:
        """The sides of what was measured: three of a mesh, two of a drawing; None where nothing was."""
        facts = self.mesh or self.drawing
        return facts.size_mm if facts else None


BY_HAND = Analysis(
    Verdict.BY_HAND, "by_hand", "We could not measure this file by machine, so we will check it by hand."
)


def analysis_to_json(analysis: Analysis) -> dict[str, Any]:
    """Everything but the picture and the model, as JSON values."""
    return {
        "verdict": analysis.verdict.value,
        "code": analysis.code,
        "sentence": analysis.sentence,
        "mesh": _plain(asdict(analysis.mesh)) if analysis.mesh else None,
        "drawing": _plain(asdict(analysis.drawing)) if analysis.drawing else None,
        "findings": [{**asdict(found), "severity": found.severity.value} for found in analysis.findings],
        "seconds": analysis.seconds,
        "peak_mb": analysis.peak_mb,
        "extra": analysis.extra,
    }


def _plain(table: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in table.items()}


def analysis_from_json(data: dict[str, Any], picture: bytes | None = None, model: bytes | None = None) -> Analysis:
    """The reverse of ``analysis_to_json``. Raises KeyError, TypeError or ValueError on foreign data."""
    mesh, drawing = data.get("mesh"), data.get("drawing")
    return Analysis(
        verdict=Verdict(data["verdict"]),
        code=str(data["code"]),
        sentence=str(data["sentence"]),
        mesh=MeshFacts(**{**mesh, "size_mm": tuple(mesh["size_mm"])}) if mesh else None,
        drawing=_drawing(drawing) if drawing else None,
        model=model,
        findings=tuple(
            Finding(
                str(f["code"]),
                Severity(f["severity"]),
                str(f["sentence"]),
                str(f.get("fix", "")),
                str(f.get("remedy", "")),
            )
            for f in data["findings"]
        ),
        picture=picture,
        seconds=float(data["seconds"]),
        peak_mb=float(data["peak_mb"]),
        extra=dict(data.get("extra") or {}),
    )


def _drawing(data: dict[str, Any]) -> DrawingFacts:
    layers = tuple(LayerFacts(**layer) for layer in data["layers"])
    return DrawingFacts(**{**data, "size_mm": tuple(data["size_mm"]), "layers": layers})
