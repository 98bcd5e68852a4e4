"""XML of strangers as a tree of local names: no document type, no entities, limits on depth and number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError, XMLParser

from craftops.errors import IntakeError

DEEPEST = 40
"""Elements inside one another; the deepest of CAMT has 14."""
MOST = 1_000_000
"""Elements of one file."""
NO_ATTRIBUTES: Mapping[str, str] = {}


@dataclass(slots=True)
class XmlNode:
    """An element. Names have no namespace; ``text`` is what stands directly in it, with single spaces."""

    name: str
    namespace: str
    attributes: Mapping[str, str]
    children: Sequence[XmlNode] = ()
    text: str = ""

    def all(self, path: str) -> Iterator[XmlNode]:
        """Every element at a path of names, "NtryDtls/TxDtls", in the order of the file."""
        first, _slash, rest = path.partition("/")
        for child in self.children:
            if child.name == first:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def first(self, *paths: str) -> XmlNode | None:
        """The first element at the first path that leads anywhere."""
        return next((found for path in paths for found in self.all(path)), None)

    def said(self, *paths: str) -> str:
        """The first text that is not empty at any of the paths, or nothing."""
        return next((found.text for path in paths for found in self.all(path) if found.text), "")


class _TreeTarget:
    """Takes what the parser reads; the parser calls these by name. Leaves are kept small: a year has half a million."""

    def __init__(self) -> None:
        self.open: list[XmlNode] = []
        self.inside: list[list[XmlNode]] = []
        self.written: list[list[str]] = []
        self.names: dict[str, tuple[str, str]] = {}
        self.root: XmlNode | None = None
        self.count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MOST or len(self.open) >= DEEPEST:
            raise IntakeError("This XML is nested too deeply or too long for a bank statement.")
        if tag not in self.names:
            namespace, _brace, name = tag.rpartition("}")
            self.names[tag] = (name, namespace.removeprefix("{"))
        node = XmlNode(*self.names[tag], attributes or NO_ATTRIBUTES)
        if self.inside:
            self.inside[-1].append(node)
        else:
            self.root = node
        self.open.append(node)
        self.inside.append([])
        self.written.append([])

    def end(self, _tag: str) -> None:
        node = self.open.pop()
        node.children = self.inside.pop() or ()
        node.text = " ".join("".join(self.written.pop()).split())

    def data(self, text: str) -> None:
        self.written[-1].append(text)

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise IntakeError("This XML carries a document type, which bank statements never do; it was not read.")


def read_xml(raw: bytes) -> XmlNode:
    """The root of XML given as bytes, in any encoding that it declares. Raises IntakeError."""
    builder = _TreeTarget()
    # Safe as it stands: ``_TreeTarget.doctype`` ends it before an entity is declared.
    parser = XMLParser(target=builder)  # noqa: S314
    try:
        parser.feed(raw.lstrip())
        parser.close()
    except (ParseError, LookupError, ValueError) as error:
        raise IntakeError(f"This is not whole XML ({error}). Download the statement again.") from None
    if builder.root is None:
        raise IntakeError("There is nothing in this XML.")
    return builder.root
