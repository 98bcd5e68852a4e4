"""The mark that tells programs of the invoice in a PDF: XMP of Factur-X 1.0, with the schema that PDF/A asks for.

typst writes all of the rest and has no way to say this one (typst#5667). Nothing else of the file is changed, and the
same file gives the same bytes.
"""

from __future__ import annotations

import io

import pikepdf

from craftops.domain.billing.cii import FILE_NAME

END = b"</rdf:RDF>"
NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
PROPERTIES = (
    ("DocumentFileName", "The name of the embedded XML document"),
    ("DocumentType", "The type of the hybrid document in capital letters"),
    ("Version", "The actual version of the standard applying to the embedded XML document"),
    ("ConformanceLevel", "The conformance level of the embedded XML document"),
)


def with_invoice_mark(pdf: bytes) -> bytes:
    """The same PDF, marked as one that carries an invoice of profile EN 16931."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as file:
        stream = file.Root.Metadata
        xmp = stream.read_bytes()
        if xmp.count(END) != 1:
            raise ValueError("The PDF has no XMP to mark.")
        stream.write(xmp.replace(END, _mark() + END))
        file.save(
            out,
            deterministic_id=True,
            fix_metadata_version=False,
            compress_streams=False,
            preserve_pdfa=True,
            object_stream_mode=pikepdf.ObjectStreamMode.preserve,
        )
    return out.getvalue()


def _mark() -> bytes:
    declared = "".join(
        f"<rdf:li rdf:parseType='Resource'><pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{said}</pdfaProperty:description></rdf:li>"
        for name, said in PROPERTIES
    )
    return (
        f'<rdf:Description rdf:about="" xmlns:fx="{NAMESPACE}">'
        "<fx:DocumentType>INVOICE</fx:DocumentType>"
        f"<fx:DocumentFileName>{FILE_NAME}</fx:DocumentFileName>"
        "<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>"
        "</rdf:Description>"
        '<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
        ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
        ' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
        "<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType='Resource'>"
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{declared}</rdf:Seq></pdfaSchema:property>"
        "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
    ).encode()
