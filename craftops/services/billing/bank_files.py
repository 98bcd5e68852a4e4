"""Whatever a bank lets its customers download, told apart by what is in it and never by its name."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from craftops.domain.billing.bank_columns import NOTHING_SAID, BankColumns
from craftops.domain.billing.bank_csv import read_bank_csv
from craftops.domain.billing.camt import read_camt
from craftops.domain.billing.statements import LARGEST, BankStatement
from craftops.errors import IntakeError
from craftops.services.billing.mt940_files import read_mt940

MOST_MEMBERS = 500
"""Statements in one archive: a year of days, and some."""
MT940 = re.compile(rb"(?m)^:20:[^\r\n]*\r?\n(?:[^\r\n]*\r?\n){0,12}:(?:25|28C|60[FM]):")
OTHERS = (
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8", "a photo"),
    (b"\x1f\x8b", "packed with gzip"),
)


def read_bank_file(raw: bytes, columns: BankColumns = NOTHING_SAID) -> tuple[BankStatement, ...]:
    """The statements in a file: CAMT (also zipped), MT940 or CSV, for which ``columns`` may say what is what.

    Raises IntakeError with a sentence; then nothing of the file is read, so that no half of it is booked.
    """
    if len(raw) > LARGEST:
        raise IntakeError(f"A bank statement has at most {LARGEST // 2**20} MB; download a shorter time.")
    start = raw[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise IntakeError("This file is empty.")
    if start.startswith(b"PK\x03\x04"):
        return _zipped(raw)
    if start.startswith(b"<") or raw.startswith((b"\xff\xfe<\0", b"\xfe\xff\0<")):
        return read_camt(raw.removeprefix(b"\xef\xbb\xbf") if start.startswith(b"<") else raw)
    for magic, kind in OTHERS:
        if start.startswith(magic):
            raise IntakeError(f"This is {kind}. Download the statement as CAMT (XML) or CSV.")
    return read_mt940(raw) if MT940.search(raw) else read_bank_csv(raw, columns)


def _zipped(raw: bytes) -> tuple[BankStatement, ...]:
    """The XML files of an archive, as banks pack one for each day."""
    found: list[BankStatement] = []
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [one for one in archive.infolist() if one.filename.casefold().endswith(".xml")]
            if not members or len(members) > MOST_MEMBERS:
                raise IntakeError("This archive holds no bank statement (XML), or far too many.")
            left = LARGEST
            for one in members:
                with archive.open(one) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise IntakeError(f"This archive unpacks to more than {LARGEST // 2**20} MB.")
                found += read_camt(content)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise IntakeError(f"This archive cannot be opened ({str(error)[:80]}).") from None
    return tuple(found)
