"""The mark that tells programs of the invoice in a PDF: XMP of Factur-X 1.0, with the schema that PDF/A asks for.

typst writes all of the rest and has no way to say this one (typst#5667). The file as it is stays byte for byte; the
metadata follow once more at its end, marked, as an incremental update (ISO 32000-1, 7.5.6). To have a library write the
whole file anew takes a quarter of the time of typesetting it; the tests have three of them read the result.
"""

from __future__ import annotations

import re

from craftops.domain.billing.cii import FILE_NAME

NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
METADATA = re.compile(rb"\n(\d+) 0 obj\n<<(/Length (\d+)/Type/Metadata/Subtype/XML)>>\nstream\n")
TRAILER = re.compile(rb"trailer\n<<(/Size [^\n]*)>>\nstartxref\n(\d+)\n%%EOF\s*\Z")
SCHEMAS = b"<pdfaExtension:schemas><rdf:Bag>"
END = b"</rdf:RDF>"
PROPERTIES = (
    ("DocumentFileName", "The name of the embedded XML document"),
    ("DocumentType", "The type of the hybrid document in capital letters"),
    ("Version", "The actual version of the standard applying to the embedded XML document"),
    ("ConformanceLevel", "The conformance level of the embedded XML document"),
)


def with_invoice_mark(pdf: bytes) -> bytes:
    """The same PDF, marked as one that carries an invoice of profile EN 16931. Raises ValueError for one that is not
    as typst writes it."""
    metadata, trailer = METADATA.search(pdf), TRAILER.search(pdf)
    if metadata is None or trailer is None:
        raise ValueError("This is no PDF as typst writes it.")
    xmp = pdf[metadata.end() : metadata.end() + int(metadata[3])]
    if xmp.count(SCHEMAS) != 1 or xmp.count(END) != 1:
        raise ValueError("The PDF has no XMP to mark.")
    marked = xmp.replace(SCHEMAS, SCHEMAS + _schema()).replace(END, _properties() + END)
    number, before = metadata[1], pdf if pdf.endswith(b"\n") else pdf + b"\n"
    told = b"%s 0 obj\n<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n%s\nendstream\nendobj\n"
    told %= (number, len(marked), marked)
    table = b"xref\n%s 1\n%010d 00000 n\r\ntrailer\n<<%s/Prev %s>>\nstartxref\n%d\n%%%%EOF\n"
    return before + told + table % (number, len(before), trailer[1], trailer[2], len(before) + len(told))


def _properties() -> bytes:
    return (
        f'<rdf:Description rdf:about="" xmlns:fx="{NAMESPACE}">'
        "<fx:DocumentType>INVOICE</fx:DocumentType>"
        f"<fx:DocumentFileName>{FILE_NAME}</fx:DocumentFileName>"
        "<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>"
        "</rdf:Description>"
    ).encode()


def _schema() -> bytes:
    """What the properties mean, for PDF/A (ISO 19005-3, 6.6.2.3): beside the schemas that stand there already."""
    declared = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:category>external</pdfaProperty:category>'
        f"<pdfaProperty:description>{said}</pdfaProperty:description><pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType></rdf:li>"
        for name, said in PROPERTIES
    )
    return (
        '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{declared}</rdf:Seq></pdfaSchema:property></rdf:li>"
    ).encode()
