"""Looking at a 3MF package before anything in it is expanded.

A 3MF is a ZIP in the Open Packaging Conventions (3MF Core Specification 1.3, chapter 2). Everything that can be
known without unpacking is checked first: names, declared sizes, ratios, how many; then what is unpacked is counted.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from craftops.sdk.analyzer import NotReadable

MOST_MEMBERS = 5_000
MOST_BYTES = 1_500_000_000
"""Unpacked, all XML parts together."""
MOST_RATIO = 400
SMALL = 20_000_000
"""Below this size a high ratio is no bomb: text packs well."""
CHUNK = 1 << 20
MODEL_TYPE = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
BROKEN = "The 3MF package is damaged."
AGAIN = "Please export it and send it again."


@dataclass(slots=True)
class Package:
    """An opened package: its parts by their names (without the leading slash), and its model part."""

    archive: zipfile.ZipFile
    model: str
    oddities: list[str]
    """Sentences about what departs from the standard and does no harm."""

    def read(self, name: str) -> bytes:
        """One part, unpacked. Raises NotReadable when it is larger than it says, or damaged."""
        return _unpack(self.archive, self.archive.getinfo(name))

    def has(self, name: str) -> bool:
        """Whether there is a part of this name."""
        return name in self.archive.NameToInfo


def open_package(path: Path) -> Package:
    """Check the package and find its model. Raises NotReadable."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise NotReadable("not_3mf", "This is not a 3MF package, or it is damaged.", AGAIN) from None
    oddities = _check_members(archive.infolist())
    return Package(archive, _find_model(archive, oddities), oddities)


def _check_members(members: list[zipfile.ZipInfo]) -> list[str]:
    if len(members) > MOST_MEMBERS:
        raise NotReadable("bomb", f"It holds {len(members):,} files, far more than a model needs.", AGAIN)
    names = [member.filename for member in members]
    if len({name.lower() for name in names}) != len(names):
        raise NotReadable(
            "duplicate_parts", "It holds two files of the same name, so it is not clear what to make.", AGAIN
        )
    total = 0
    for member in members:
        name = member.filename
        if name.startswith("/") or "\\" in name or ".." in name.split("/") or "\0" in name:
            raise NotReadable("unsafe_names", "It holds files with names that lead elsewhere.", AGAIN)
        if member.flag_bits & 0x1:
            raise NotReadable("encrypted", "It is encrypted, so we cannot open it.", "Save it without a password.")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotReadable("not_3mf", "It is packed in a way that 3MF does not allow.", AGAIN)
        total += member.file_size
        if member.file_size > SMALL and member.file_size > MOST_RATIO * max(1, member.compress_size):
            raise NotReadable("bomb", "It would unpack to a size that no model has.", AGAIN)
    if total > MOST_BYTES:
        raise NotReadable("bomb", f"It would unpack to {total / 1e9:.1f} GB.", AGAIN)
    return []


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The bytes of a member, never more than it declared."""
    found: list[bytes] = []
    size = 0
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(CHUNK):
                found.append(chunk)
                size += len(chunk)
                if size > member.file_size:
                    raise NotReadable("bomb", "A file in it is larger than it says.", AGAIN)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, UnicodeError):
        raise NotReadable("damaged", BROKEN, AGAIN) from None
    return b"".join(found)


def _called_models(archive: zipfile.ZipFile) -> list[str]:
    """What the list of parts calls a model. Raises NotReadable for a package that points outside of itself."""
    models: list[str] = []
    for attributes in _elements(_unpack(archive, archive.getinfo("_rels/.rels")), "Relationship"):
        target = attributes.get("Target", "")
        if attributes.get("TargetMode", "") == "External" or re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE):
            raise NotReadable("external", "It points to something outside of itself.", AGAIN)
        if attributes.get("Type", "") == MODEL_TYPE:
            models.append(posixpath.normpath(target.lstrip("/")))
    return models


def _find_model(archive: zipfile.ZipFile, oddities: list[str]) -> str:
    """The name of the part that the package's relationships call the model."""
    models: list[str] = []
    if "_rels/.rels" in archive.NameToInfo:
        models = _called_models(archive)
    else:
        oddities.append("It has no list of its parts (_rels/.rels).")
    if len(models) > 1:
        oddities.append("It names more than one model; we took the first.")
    named = next((name for name in models if name in archive.NameToInfo), None)
    if models and named is None:
        named = next((name for name in archive.namelist() if name.lower() == models[0].lower()), None)
    if named is None:
        named = next((name for name in archive.namelist() if name.lower().endswith(".model")), None)
        if named is None:
            raise NotReadable("no_model", "There is no model in this 3MF package.", AGAIN)
        oddities.append("It does not say which of its files is the model; we took the only likely one.")
    return named


def _elements(xml: bytes, wanted: str) -> list[dict[str, str]]:
    """The attributes of all elements with this local name. No document types, no entities."""
    found: list[dict[str, str]] = []
    parser = strict_parser()

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rsplit(" ", 1)[-1] == wanted:
            found.append(attributes)

    parser.StartElementHandler = start
    parse(parser, xml)
    return found


def strict_parser() -> expat.XMLParserType:
    """A parser that knows namespaces ("uri name") and refuses document types, and with them every entity."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_arguments: object) -> None:
        raise NotReadable("dtd", "Its XML carries a document type, which 3MF forbids.", AGAIN)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def parse(parser: expat.XMLParserType, xml: bytes) -> None:
    """Run the parser. Raises NotReadable for XML that is none."""
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        raise NotReadable("bad_xml", "The model in this package is not whole XML.", AGAIN) from None
    except (ValueError, LookupError):
        raise NotReadable("bad_xml", "The model in this package is not readable text.", AGAIN) from None
