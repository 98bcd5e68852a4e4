"""Invoices into a folder: one that is shared with a tax adviser, or that another program sends on from."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from craftops.errors import ConfigError, Unreachable
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.invoices import InvoicePapers
from craftops.sdk.settings import setting


@dataclass(frozen=True, slots=True)
class InvoiceFolder:
    """Where to, and which."""

    path: str = setting("", help="Folder that every issued invoice is laid into; it must be there")
    companies_only: bool = setting(False, help="Only invoices of buyers with a VAT number")
    by_year: bool = setting(True, help="A folder of its own for each year")


class InvoiceFolderPlugin(Plugin[InvoiceFolder]):
    """PDF and XML of an invoice lie there under its number. A file that is there already is written again as it was."""

    name = "invoice_folder"
    title = "Invoices by folder"
    summary = "Lays every issued invoice into a folder, as PDF and as XML."
    settings_type = InvoiceFolder

    def __init__(self, settings: InvoiceFolder) -> None:
        super().__init__(settings)
        if not settings.path:
            raise ConfigError("The settings cannot be used:", ["plugin.invoice_folder.path: name the folder"])

    @hookimpl
    def deliver_invoice(self, invoice: InvoicePapers) -> str | None:
        if self.settings.companies_only and not invoice.buyer_vat_id:
            return None
        folder, top = self._folder(invoice), Path(self.settings.path)
        if not top.is_dir():  # a share that is not mounted must not be taken for an empty one
            raise Unreachable(f"The folder {top} is not there.")
        name = re.sub(r"[^\w.-]", "_", invoice.number)
        try:
            folder.mkdir(exist_ok=True)
            if invoice.xml:
                _write(folder / f"{name}.xml", invoice.xml)
            _write(folder / f"{name}.pdf", invoice.pdf)
        except OSError as error:
            raise Unreachable(f"{folder} cannot be written to: {error.strerror}.") from error
        return str(folder)

    def _folder(self, invoice: InvoicePapers) -> Path:
        folder = Path(self.settings.path)
        return folder / str(invoice.issued_on.year) if self.settings.by_year else folder


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: whoever watches the folder never reads half an invoice."""
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o640)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


PLUGIN = InvoiceFolderPlugin
