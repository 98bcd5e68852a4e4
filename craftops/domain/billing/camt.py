"""Reads CAMT.052, .053 and .054 (ISO 20022 "Bank to Customer Cash Management"), every version from 1 on.

Sources: the message definitions and schemas camt.05x.001.01 to .08 of ISO 20022. Versions differ in names, not in
sense: 1 has the payments of a batch directly in the entry, 3 gives each an amount, 7 wraps the status, 8 the parties.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from craftops.domain.billing.camt_parties import account_number, counterparty
from craftops.domain.billing.money import CURRENCY, Money
from craftops.domain.billing.statement_xml import XmlNode, read_xml
from craftops.domain.billing.statements import (
    BankStatement,
    BankTransaction,
    BookingStatus,
    StatementKind,
    given_reference,
    one_line,
    whole_minor,
)
from craftops.errors import IntakeError

MESSAGES = {
    "BkToCstmrAcctRpt": (StatementKind.REPORT, "Rpt"),
    "BkToCstmrStmt": (StatementKind.STATEMENT, "Stmt"),
    "BkToCstmrDbtCdtNtfctn": (StatementKind.NOTICE, "Ntfctn"),
}
STATUSES = {"BOOK": BookingStatus.BOOKED, "PDNG": BookingStatus.PENDING}
RETURNS = {"RRTN", "ARET", "UPDD", "PRDD", "RPCR"}
"""Sub-families of the bank transaction code (ISO 20022 external code list) that take an earlier payment back."""
NUMBER = re.compile(r"\+?[0-9]{0,15}(\.[0-9]{0,10})?")
OWN_AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt")
"""Where a payment says its amount, the best first."""


def read_camt(raw: bytes) -> tuple[BankStatement, ...]:
    """The statements of one file, given as bytes. Raises IntakeError with a sentence; then nothing of it is read."""
    message, kind, part = _message(read_xml(raw))
    found = tuple(_statement(node, kind, message) for node in message.all(part))
    if not found:
        raise IntakeError(f"This {kind.value} message holds no statement (no <{part}>). Download it again.")
    return found


def _message(root: XmlNode) -> tuple[XmlNode, StatementKind, str]:
    """The message in its document, which may stand in a bank's envelope."""
    waiting = [root]
    for node in waiting:
        for child in node.children:
            known = MESSAGES.get(re.sub(r"V[0-9]{2}$", "", child.name))
            if known and node.name == "Document":
                return child, *known
            waiting.append(child)
        if len(waiting) > 1000:
            break
    said = root.namespace.rpartition(":")[2] or root.name
    raise IntakeError(f'This is XML, but no bank statement: it says "{said[:60]}", not camt.052, camt.053 or camt.054.')


def _statement(node: XmlNode, kind: StatementKind, message: XmlNode) -> BankStatement:
    account = account_number(node.first("Acct"))
    name = node.said("Id")
    page = node.said("StmtPgntn/PgNb", "RptPgntn/PgNb", "NtfctnPgntn/PgNb") or message.said("GrpHdr/MsgPgntn/PgNb")
    blank = BankTransaction(account, one_line(kind.value, name, page and f"page {page}"), "", Money(0, "EUR"))
    found = [
        transaction
        for position, entry in enumerate(node.all("Ntry"), 1)
        for transaction in _entry(entry, replace(blank, position=str(position)))
    ]
    return BankStatement(kind, account, name, tuple(found))


@dataclass(frozen=True, slots=True)
class _Share:
    """What one payment of an entry moved, with its sign, and whether that is exact."""

    node: XmlNode
    minor: int
    currency: str
    credit: bool
    exact: bool

    @property
    def signed(self) -> int:
        return self.minor if self.credit else -self.minor


def _entry(entry: XmlNode, blank: BankTransaction) -> list[BankTransaction]:
    """The payments of an entry: itself, or one for each of its details where these say their amounts."""
    whole = _share(entry, entry, "Amt", blank.position)
    if whole is None:
        raise IntakeError(f"Entry {blank.position} says no amount. Download the statement again.")
    base = replace(
        blank,
        amount=Money(whole.signed, whole.currency),
        booked_on=_day(entry.first("BookgDt")),
        value_on=_day(entry.first("ValDt")),
        status=_status(entry, blank.position),
        bank_reference=entry.said("AcctSvcrRef"),
        text=entry.said("AddtlNtryInf"),
        reversal=_is_true(entry.said("RvslInd")) or _is_return(entry),
        doubt="" if whole.exact else _finer(whole.currency),
    )
    details = [*entry.all("NtryDtls/TxDtls"), *entry.all("TxDtls")]
    if not details:
        return [replace(base, doubt=base.doubt or _untold(entry))]
    if len(details) == 1:
        return _checked(entry, whole, [_only_share(entry, details[0], whole, base.position)], base, [base.position])
    shares = [_own_share(entry, detail, whole, base.position) for detail in details]
    known = [share for share in shares if share is not None]
    if len(known) < len(details):
        merged = replace(
            base,
            references=tuple(dict.fromkeys(said for detail in details for said in _references(detail))),
            text=one_line(*(_text(detail, "") for detail in details), base.text),
            doubt=f"The bank booked {len(details)} payments at once and does not say the amount of each.",
        )
        return [merged]
    return _checked(entry, whole, known, base, [f"{base.position}.{index}" for index in range(1, len(known) + 1)])


def _checked(
    entry: XmlNode, whole: _Share, said: list[_Share], base: BankTransaction, positions: list[str]
) -> list[BankTransaction]:
    """The payments, held against what was booked: as they say their way, else all the way of the entry.

    Charges may stand between both. What nobody can explain is said at each of the payments.
    """
    shares = all_alike = [replace(share, credit=whole.credit) for share in said]
    kept, by_charges = _charges(entry, said, whole.currency), False
    doubt = base.doubt or _disagreement(whole, all_alike)
    for tried in (said, all_alike):
        missing = sum(share.signed for share in tried) - whole.signed
        if missing in (0, kept) and all(share.currency == whole.currency for share in tried):
            shares, doubt, by_charges = tried, base.doubt, missing != 0
            break
    found = []
    for index, (share, position) in enumerate(zip(shares, positions, strict=True)):
        fees = _charged(share.node, whole.currency) + (_charged(entry, whole.currency) if index == 0 else 0)
        found.append(_payment(share, replace(base, position=position), doubt, fees if by_charges else 0))
    return found


def _payment(share: _Share, base: BankTransaction, doubt: str, fees: int) -> BankTransaction:
    detail = share.node
    reversal = base.reversal or _is_return(detail)
    party = counterparty(detail.first("RltdPties"), incoming=share.credit != reversal, ours=base.account)
    return replace(
        base,
        amount=Money(share.signed, share.currency),
        references=_references(detail),
        end_to_end=given_reference(detail.said("Refs/EndToEndId")),
        text=_text(detail, base.text),
        party=party.name,
        party_account=party.account,
        reversal=reversal,
        bank_reference=detail.said("Refs/AcctSvcrRef") or base.bank_reference,
        transaction_id=detail.said("Refs/UETR", "Refs/TxId"),
        charges=Money(fees, share.currency) if fees else None,
        doubt=doubt or ("" if share.exact else _finer(share.currency)),
    )


def _only_share(entry: XmlNode, detail: XmlNode, whole: _Share, position: str) -> _Share:
    """Of the one payment of an entry: what it says itself in the account's currency, else what was booked.

    Versions before 3 tell only amounts on the way to the account: they count where charges explain the difference.
    """
    found = [share for path in OWN_AMOUNTS if (share := _share(entry, detail, path, position))]
    own = [share for share in found if share.currency == whole.currency]
    if own and detail.first("Amt") is not None and own[0] is found[0]:
        return own[0]
    kept = _charges(entry, [replace(whole, node=detail)], whole.currency)
    explained = (replace(share, credit=whole.credit) for share in own)
    return next(
        (share for share in explained if kept and share.signed - whole.signed == kept), replace(whole, node=detail)
    )


def _own_share(entry: XmlNode, detail: XmlNode, whole: _Share, position: str) -> _Share | None:
    """What a payment says that it moved: in the currency of the entry if it can."""
    found = [share for path in OWN_AMOUNTS if (share := _share(entry, detail, path, position))]
    return next((share for share in found if share.currency == whole.currency), found[0] if found else None)


def _share(entry: XmlNode, node: XmlNode, path: str, position: str) -> _Share | None:
    amount = node.first(path)
    if amount is None:
        return None
    currency = amount.attributes.get("Ccy", "")
    if not NUMBER.fullmatch(amount.text) or not re.search("[0-9]", amount.text) or not CURRENCY.fullmatch(currency):
        said = f"{amount.text[:30]} {currency[:10]}".strip()
        raise IntakeError(f'Entry {position} says "{said}" where an amount with its currency belongs.')
    minor, exact = whole_minor(Decimal(amount.text), currency)
    way = node.said("CdtDbtInd") or entry.said("CdtDbtInd")
    if way not in ("CRDT", "DBIT"):
        raise IntakeError(f"Entry {position} does not say whether money came in or went out (CRDT or DBIT).")
    return _Share(node, minor, currency, way == "CRDT", exact)


def _charges(entry: XmlNode, shares: list[_Share], currency: str) -> int:
    """Minor units that the bank kept of the payments of an entry."""
    return _charged(entry, currency) + sum(
        _charged(share.node, currency) for share in shares if share.node is not entry
    )


def _charged(node: XmlNode, currency: str) -> int:
    """Minor units of charges in this currency: their records, else their total."""
    records = [*node.all("Chrgs/Rcrd"), *(charge for charge in node.all("Chrgs") if charge.first("Amt"))]
    found = [
        -minor if record.said("CdtDbtInd") == "CRDT" else minor
        for record in records
        if (minor := _charge(record.first("Amt"), currency)) is not None
    ]
    return sum(found) if found else _charge(node.first("Chrgs/TtlChrgsAndTaxAmt"), currency) or 0


def _charge(amount: XmlNode | None, currency: str) -> int | None:
    if amount is None or amount.attributes.get("Ccy") != currency or not NUMBER.fullmatch(amount.text):
        return None
    return whole_minor(Decimal(amount.text), currency)[0] if re.search("[0-9]", amount.text) else None


def _disagreement(whole: _Share, shares: list[_Share]) -> str:
    booked = f"{Money(whole.signed, whole.currency).major} {whole.currency}"
    others = {share.currency for share in shares} - {whole.currency}
    if others:
        return f"The bank booked {booked} and tells the payments in {', '.join(sorted(others))}."
    total = Money(sum(share.signed for share in shares), whole.currency)
    return f"The bank booked {booked}, and its payments add up to {total.major}."


def _untold(entry: XmlNode) -> str:
    """What is in doubt about a batch of which the bank tells nothing but the sum."""
    count = entry.said("NtryDtls/Btch/NbOfTxs")
    many = count.isdecimal() and count.isascii() and len(count) < 10 and int(count) > 1
    return f"The bank booked {int(count)} payments at once and tells none of them." if many else ""


def _finer(currency: str) -> str:
    return f"Its amount is finer than {currency} goes, and was rounded."


def _status(entry: XmlNode, position: str) -> BookingStatus:
    said = entry.said("Sts", "Sts/Cd", "Sts/Prtry")
    if not said:
        raise IntakeError(f"Entry {position} does not say whether it is booked.")
    return STATUSES.get(said.upper(), BookingStatus.INFORMATION)


def _day(node: XmlNode | None) -> date | None:
    """A date as the bank wrote it. Of an instant, the day in the bank's own zone."""
    said = node.said("Dt", "DtTm")[:10] if node else ""
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise IntakeError(f'"{said}" is no date.') from None


def _is_true(said: str) -> bool:
    return said in ("true", "1")


def _is_return(node: XmlNode) -> bool:
    return node.first("RtrInf") is not None or node.said("BkTxCd/Domn/Fmly/SubFmlyCd") in RETURNS


def _references(detail: XmlNode) -> tuple[str, ...]:
    """Structured references, each once; version 1 calls them otherwise."""
    said = [given_reference(node.said("CdtrRefInf/Ref", "CdtrRefInf/CdtrRef")) for node in detail.all("RmtInf/Strd")]
    return tuple(dict.fromkeys(reference for reference in said if reference))


def _text(detail: XmlNode, otherwise: str) -> str:
    """What the payer wrote, with the numbers of documents that they named; else what the bank adds."""
    numbers = [node.said("RfrdDocInf/Nb", "RfrdDocInf/RfrdDocNb") for node in detail.all("RmtInf/Strd")]
    added = [node.text for node in detail.all("RmtInf/Strd/AddtlRmtInf")]
    written = one_line(*(node.text for node in detail.all("RmtInf/Ustrd")), *numbers, *added)
    return written or detail.said("AddtlTxInf") or otherwise
