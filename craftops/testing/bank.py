"""A bank for tests: writes CAMT.053 that the schema of ISO 20022 accepts, version 2 and 8."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from xml.sax.saxutils import escape

from craftops.domain.billing.money import Money
from craftops.domain.billing.statements import BankTransaction, BookingStatus

STATUSES = {BookingStatus.BOOKED: "BOOK", BookingStatus.PENDING: "PDNG", BookingStatus.INFORMATION: "INFO"}


def camt053(
    transactions: Iterable[BankTransaction], *, account: str, name: str = "2026-0001", on: date, version: int = 8
) -> bytes:
    """One statement with these transactions, an entry each, as a bank would send it. ``version`` is 2 or 8."""
    opening = _amount(Money(100_000, "EUR"))
    balance = f"<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp>{opening}<CdtDbtInd>CRDT</CdtDbtInd>"
    stmt = "".join(
        (
            f"<Stmt><Id>{escape(name)}</Id><CreDtTm>{on}T20:00:00+00:00</CreDtTm>",
            f"<Acct><Id><IBAN>{account}</IBAN></Id></Acct>{balance}<Dt><Dt>{on}</Dt></Dt></Bal>",
            *(_entry(one, version) for one in transactions),
            "</Stmt>",
        )
    )
    head = f"<GrpHdr><MsgId>{escape(name)}</MsgId><CreDtTm>{on}T20:00:00+00:00</CreDtTm></GrpHdr>"
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02d}"
    document = f'<Document xmlns="{space}"><BkToCstmrStmt>{head}{stmt}</BkToCstmrStmt></Document>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}'.encode()


def _entry(one: BankTransaction, version: int) -> str:
    status = STATUSES[one.status]
    way = f"<CdtDbtInd>{'CRDT' if one.amount.minor >= 0 else 'DBIT'}</CdtDbtInd>"
    return "".join(
        (
            f"<Ntry>{_amount(one.amount)}{way}",
            f"<RvslInd>{str(one.reversal).lower()}</RvslInd>",
            f"<Sts><Cd>{status}</Cd></Sts>" if version >= 7 else f"<Sts>{status}</Sts>",
            f"<BookgDt><Dt>{one.booked_on}</Dt></BookgDt>" if one.booked_on else "",
            f"<ValDt><Dt>{one.value_on}</Dt></ValDt>" if one.value_on else "",
            f"<AcctSvcrRef>{escape(one.bank_reference)}</AcctSvcrRef>" if one.bank_reference else "",
            "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>",
            f"<NtryDtls><TxDtls>{_details(one, version, way)}</TxDtls></NtryDtls></Ntry>",
        )
    )


def _details(one: BankTransaction, version: int, way: str) -> str:
    amount = f"{_amount(one.amount)}{way}" if version >= 3 else ""
    written = "".join(f"<Ustrd>{escape(one.text[at : at + 140])}</Ustrd>" for at in range(0, len(one.text), 140))
    code = "<Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>"
    said = "".join(
        f"<Strd><CdtrRefInf>{code}<Ref>{escape(reference)}</Ref></CdtrRefInf></Strd>" for reference in one.references
    )
    ids = f"<EndToEndId>{escape(one.end_to_end or 'NOTPROVIDED')}</EndToEndId>"
    ids += f"<TxId>{escape(one.transaction_id)}</TxId>" if one.transaction_id else ""
    return "".join(
        (
            f"<Refs>{ids}</Refs>{amount}{_party(one, version)}",
            f"<RmtInf>{written}{said}</RmtInf>" if written or said else "",
        )
    )


def _party(one: BankTransaction, version: int) -> str:
    if not one.party:
        return ""
    side = "Dbtr" if (one.amount.minor >= 0) != one.reversal else "Cdtr"
    name = f"<Nm>{escape(one.party)}</Nm>"
    name = f"<Pty>{name}</Pty>" if version >= 8 else name
    number = f"<{side}Acct><Id><IBAN>{one.party_account}</IBAN></Id></{side}Acct>" if one.party_account else ""
    return f"<RltdPties><{side}>{name}</{side}>{number}</RltdPties>"


def _amount(money: Money) -> str:
    return f'<Amt Ccy="{money.currency}">{abs(money.major)}</Amt>'
