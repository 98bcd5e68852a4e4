"""What a file is by its first bytes and its name, and what to send instead where we cannot make it.

Magic numbers: the formats' own specifications. AI files of Illustrator 9 and newer are PDF documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from craftops.domain.files.designs import FileFormat

HEAD = 4096
"""Bytes that ``identify`` wants to see."""


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file. ``title`` reads after "This is"; ``advice`` says what to send instead."""

    name: str
    title: str
    advice: str = ""
    companion: bool = False
    """May ride along with an order, although nothing is made of it."""


@dataclass(frozen=True, slots=True)
class DeclaredFormat:
    """A format for making that an analyzer of a plugin brings besides those of ``FileFormat``."""

    name: str
    """Small letters and digits, at most ten: it is kept with each file ("step")."""
    title: str
    """It reads after "This is": "a STEP model"."""
    endings: tuple[str, ...]
    """Of file names, in small letters and without a dot ("step", "stp")."""
    magic: tuple[bytes, ...] = ()
    """What a file begins with, one of these; empty: the ending alone says it."""


AS_MESH = "Please export it as STL, OBJ or 3MF."
AS_DRAWING = "Please export it as DXF or SVG."
UNPACK = "Please unpack it and send the files in it."

FILE_TYPES = {
    kind.name: kind
    for kind in (
        FileType("empty", "an empty file", "Please send it again."),
        FileType("stl", "an STL model"),
        FileType("obj", "an OBJ model"),
        FileType("3mf", "a 3MF package"),
        FileType("dxf", "a DXF drawing"),
        FileType("svg", "an SVG drawing"),
        FileType("ai", "an Illustrator file"),
        FileType("pdf", "a PDF", "Please send the drawing as DXF, SVG or AI; the PDF may ride along.", companion=True),
        FileType("step", "a STEP model", f"{AS_MESH} The STEP file may ride along.", companion=True),
        FileType("iges", "an IGES model", AS_MESH),
        FileType("parasolid", "a Parasolid model", AS_MESH),
        FileType("cad", "a file of a CAD program", AS_MESH),
        FileType("amf", "an AMF model", AS_MESH),
        FileType("ply", "a PLY model", AS_MESH),
        FileType("gltf", "a glTF model", AS_MESH),
        FileType("fbx", "an FBX model", AS_MESH),
        FileType("blend", "a Blender file", AS_MESH),
        FileType("gcode", "machine code (G-code)", "We make our own. Please send the model: STL, OBJ or 3MF."),
        FileType("dwg", "a DWG drawing", AS_DRAWING),
        FileType(
            "postscript", "a PostScript file", "Please save it as SVG, or as AI with “Create PDF Compatible File”."
        ),
        FileType(
            "picture", "a picture", "Please send the drawing or the model; pictures may ride along.", companion=True
        ),
        FileType("zip", "a ZIP archive", UNPACK),
        FileType("archive", "an archive", UNPACK),
        FileType("office", "an office document", AS_DRAWING),
        FileType("mtl", "the materials of an OBJ model", "Please send the OBJ file itself."),
        FileType("html", "a web page", "Download the file itself and send that."),
        FileType("xml", "an XML file of another kind"),
        FileType("program", "a program", "We open models and drawings only."),
        FileType("unknown", "a kind of file that we do not know", "Please send STL, OBJ, 3MF, DXF, SVG or AI."),
    )
}
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "pdf"),
    (b"%!PS", "postscript"),
    (b"\xc5\xd0\xd3\xc6", "postscript"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"BM", "picture"),
    (b"II*\0", "picture"),
    (b"MM\0*", "picture"),
    (b"8BPS", "picture"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"glTF", "gltf"),
    (b"ISO-10303-21", "step"),
    (b"ply\n", "ply"),
    (b"ply\r", "ply"),
    (b"Kaydara FBX", "fbx"),
    (b"BLENDER", "blend"),
    (b"AutoCAD Binary DXF", "dxf"),
    (b"AC10", "dwg"),
    (b"MZ\x90", "program"),
    (b"\x7fELF", "program"),
    (b"#!", "program"),
    (b"**ABCDEFGHIJKLMNOPQRSTUVWXYZ", "parasolid"),
    (b"\xd0\xcf\x11\xe0", "cad"),
)
ENDINGS = {
    **dict.fromkeys(("step", "stp", "p21"), "step"),
    **dict.fromkeys(("iges", "igs"), "iges"),
    **dict.fromkeys(("x_t", "x_b"), "parasolid"),
    **dict.fromkeys(("sldprt", "sldasm", "ipt", "iam", "f3d", "f3z", "prt", "catpart", "skp", "3dm"), "cad"),
    **dict.fromkeys(("fcstd", "scad"), "cad"),
    **dict.fromkeys(("gcode", "gco", "g", "nc", "bgcode", "tap", "ngc"), "gcode"),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "heic", "psd"), "picture"),
    **dict.fromkeys(("rar", "7z", "gz", "tgz", "tar", "bz2", "xz"), "archive"),
    **dict.fromkeys(("glb", "gltf"), "gltf"),
    **dict.fromkeys(("eps", "ps"), "postscript"),
    **dict.fromkeys(("docx", "doc", "xlsx", "pptx", "odt", "odg"), "office"),
    **dict.fromkeys(("html", "htm"), "html"),
    **dict.fromkeys(("exe", "dll", "sh", "bat", "msi"), "program"),
    "amf": "amf", "ply": "ply", "fbx": "fbx", "blend": "blend", "dwg": "dwg", "pdf": "pdf", "zip": "zip", "mtl": "mtl",
}  # fmt: skip
DECLARED_NAME = re.compile(r"[a-z0-9_]{1,10}")
SVG = re.compile(rb"<(?:[\w.-]+:)?svg[\s>/]", re.IGNORECASE)
HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
STL_TEXT = re.compile(rb"\bfacet\s+normal\b", re.IGNORECASE)
OBJ_TEXT = re.compile(rb"^[ \t]*v[ \t]+[-+.0-9eE]+[ \t]+[-+.0-9eE]+[ \t]+[-+.0-9eE]+", re.MULTILINE)
DXF_TEXT = re.compile(rb"^\s*0\s*\r?\n\s*SECTION\s*\r?$", re.MULTILINE | re.IGNORECASE)
GCODE_TEXT = re.compile(rb"^(?:;.*(?:generated by|FLAVOR|HEADER_BLOCK)|\s*G(?:0|1|28|21|90)\b.*)$", re.MULTILINE)


def ending_of(name: str) -> str:
    """The ending of a file name in small letters, without its dot; empty without one."""
    return name.rsplit(".", 1)[-1].strip().lower() if "." in name else ""


def identify(head: bytes, name: str = "") -> FileType:
    """The kind of a file from its first ``HEAD`` bytes; its name decides where bytes say too little."""
    ending = ending_of(name)
    if not head:
        return FILE_TYPES["empty"]
    if head.startswith(b"PK\x03\x04"):
        return FILE_TYPES[_zipped(head, ending)]
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    known = next((kind for magic, kind in MAGIC if start.startswith(magic)), None)
    if known == "pdf" and ending == "ai":
        return FILE_TYPES["ai"]
    if known == "postscript" and ending == "ai":
        return FILE_TYPES["ai"]
    if known is not None:
        return FILE_TYPES[known]
    return FILE_TYPES[_by_text(head, start) or _by_ending(ending)]


def _zipped(head: bytes, ending: str) -> str:
    if ending == "3mf" or b"3D/" in head or b"3dmodel" in head:
        return "3mf"
    if ending in ("docx", "xlsx", "pptx", "odt", "odg") or b"word/" in head:
        return "office"
    return "cad" if ENDINGS.get(ending) == "cad" else "amf" if ending == "amf" else "zip"


def _by_text(head: bytes, start: bytes) -> str | None:
    text = _as_text(head)
    if SVG.search(text):
        return "svg"
    if HTML.search(text):
        return "html"
    if start.startswith(b"<") and b"<amf" in text:
        return "amf"
    if STL_TEXT.search(text):
        return "stl"
    if DXF_TEXT.search(text):
        return "dxf"
    if OBJ_TEXT.search(text):
        return "obj"
    if GCODE_TEXT.search(text):
        return "gcode"
    return "xml" if start.startswith(b"<?xml") else None


def _as_text(head: bytes) -> bytes:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace").encode()
    return head


def _by_ending(ending: str) -> str:
    if ending in {known.value for known in FileFormat}:
        return ending
    return ENDINGS.get(ending, "unknown")


def file_type_by_name(name: str) -> FileType:
    """The kind that a file's ending claims."""
    return FILE_TYPES[_by_ending(ending_of(name))]


def format_of(name: str) -> FileFormat | None:
    """The format for making that a file's ending claims."""
    ending = ending_of(name)
    return next((known for known in FileFormat if known.value == ending), None)


def claimed_format(name: str, declared: Iterable[DeclaredFormat] = ()) -> str | None:
    """The same, with the formats that analyzers have declared: those of CraftOps go first."""
    if ours := format_of(name):
        return ours.value
    ending = ending_of(name)
    return next((one.name for one in declared if ending in one.endings), None)


def declared_faults(one: object) -> str:
    """What is wrong with the format that an analyzer declares, as the end of a sentence; empty when it is fine."""
    if not isinstance(one, DeclaredFormat):
        return "declares a format that is no DeclaredFormat"
    if not DECLARED_NAME.fullmatch(one.name) or one.name in set(FileFormat):
        return f"declares the format {one.name!r}: write small letters and digits that no format of ours has"
    if not one.title.strip() or not one.endings or not all(DECLARED_NAME.fullmatch(end) for end in one.endings):
        return f"declares the format {one.name!r} without a title, or without endings in small letters"
    if any(format_of(f"x.{end}") for end in one.endings):
        return f"declares the format {one.name!r} with an ending of ours"
    return ""


def refusal(kind: FileType, name: str) -> str:
    """One sentence, or two, for the sender of something that cannot be made."""
    claimed = ending_of(name).upper()
    lie = f", although its name says {claimed}" if format_of(name) and kind.name != format_of(name) else ""
    advice = kind.advice
    if kind.name in {known.value for known in FileFormat}:
        advice = f"Please rename it so that it ends in .{kind.name}, and send it again."
    return f"This is {kind.title}{lie}. {advice}".strip()
