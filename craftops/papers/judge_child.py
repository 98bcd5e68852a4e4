"""The judge's own process: ``python -m craftops.papers.judge_child XSD XSLT``, XML in, findings out, by the pipe.

Saxon lives here and nowhere else: used from several threads it takes its process down. A message is a length (4 bytes,
big-endian) and as many bytes: an XML document one way, a JSON list of [rule, sentence, place] back. The first answer
comes unasked, when the rules are read. The process ends with its pipe.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import IO, Any

LENGTH = 4
MOST = 64 * 1024 * 1024
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
NO_SCHEMA = "-"
NOISE = re.compile(r"\*:|\[namespace-uri\(\)='[^']*'\]|\[1\]")


def main() -> None:
    """Judge until the pipe is closed. What libraries print goes to stderr, so that it is no answer."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    judge = _Rules(sys.argv[1], sys.argv[2])
    tell(answers, b"[]")
    while (xml := hear(sys.stdin.buffer)) is not None:
        tell(answers, json.dumps(judge.findings(xml)).encode())


def framed(message: bytes) -> bytes:
    """A message as it goes through the pipe."""
    return len(message).to_bytes(LENGTH, "big") + message


def tell(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(framed(message))
    pipe.flush()


def hear(pipe: IO[bytes]) -> bytes | None:
    """The next message; None where the pipe ends."""
    head = pipe.read(LENGTH)
    if len(head) < LENGTH:
        return None
    length = int.from_bytes(head, "big")
    message = pipe.read(length) if length <= MOST else b""
    return message if len(message) == length else None


class _Rules:
    def __init__(self, schema: str, stylesheet: str) -> None:
        from lxml import etree  # here and not above: the parent imports this module for its words
        from saxonche import PySaxonProcessor

        self._etree = etree
        self._safe = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        self._schema = None if schema == NO_SCHEMA else etree.XMLSchema(etree.parse(schema))
        self._saxon = PySaxonProcessor(license=False)
        self._rules = self._saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=stylesheet)

    def findings(self, xml: bytes) -> list[list[str]]:
        try:
            tree: Any = self._etree.fromstring(xml, self._safe)
        except self._etree.XMLSyntaxError as error:
            return [["XML", str(error), ""]]
        if tree.getroottree().docinfo.doctype:
            return [["XML", "A document type is declared, and an invoice has none.", ""]]
        if self._schema is not None and not self._schema.validate(tree):
            return [["XSD", one.message, f"line {one.line}"] for one in self._schema.error_log]
        text = self._etree.tostring(tree, encoding="unicode")
        report = self._rules.transform_to_string(xdm_node=self._saxon.parse_xml(xml_text=text))
        found = self._etree.fromstring((report or "").encode())
        if found.tag != f"{SVRL}schematron-output" or not len(found.findall(f"{SVRL}fired-rule")):
            return [["XSLT", "The rules looked at nothing: this is no invoice that they know.", ""]]
        return [
            [one.get("id", ""), " ".join(one.findtext(f"{SVRL}text", "").split()), _place(one.get("location", ""))]
            for one in found.findall(f"{SVRL}failed-assert")
            if one.get("flag") != "warning"
        ]


def _place(path: str) -> str:
    """A path of the report as a person reads it: names alone, and a number where there are several."""
    return NOISE.sub("", path)


if __name__ == "__main__":
    main()
