"""Receipt and statement of account: from their values to what stands on their sheets."""

from __future__ import annotations

from craftops.domain.billing.account_statements import AccountEntry, AccountStatement
from craftops.domain.billing.documents import Receipt
from craftops.domain.billing.money import Money
from craftops.papers.brand import Brand
from craftops.papers.sheet import Cell, Column, PaperRow, Sheet, SumLine, letter
from craftops.papers.words import Words


def receipt_sheet(receipt: Receipt, brand: Brand) -> Sheet:
    """That money came; for an amount below zero, that it went back."""
    words = Words.of(receipt.language, receipt.seller.country)
    say, currency = words.say, receipt.amount.currency
    back = receipt.amount.minor < 0
    amount = words.money(Money(abs(receipt.amount.minor), currency))
    facts = (
        (say("number"), receipt.number),
        (say("date"), words.day(receipt.issued_on)),
        (say("paid_at"), words.moment(receipt.paid_at, receipt.time_zone)),
        (say("method"), receipt.method),
        (say("payment_id"), receipt.reference),
    )
    rows = tuple(
        PaperRow((Cell(number), Cell(words.amount(Money(part, currency))))) for number, part in receipt.settles
    )
    return Sheet(
        title=f"{say('refund' if back else 'receipt')} {receipt.number}",
        facts=tuple(fact for fact in facts if fact[1].strip()),
        hero=(say("given_back" if back else "received"), amount),
        columns=(Column(say("for"), "wide"), Column(f"{say('amount')} {currency}")) if rows else (),
        rows=rows,
        sums=(),
        **letter(receipt.seller, receipt.buyer, brand, words, None),
    )


def statement_sheet(statement: AccountStatement, brand: Brand) -> Sheet:
    """Movements with what was open after each."""
    words = Words.of(statement.language, statement.seller.country)
    say, currency = words.say, statement.currency
    closing = statement.closing
    key = "closing_credit" if closing < 0 else "closing"
    balance = statement.opening
    opened = words.amount(Money(balance, currency))
    before = Cell(say("opening", day=words.day(statement.since)))
    rows = [PaperRow((Cell(""), before, Cell(""), Cell(""), Cell(opened)), opened)]
    for entry in statement.entries:
        balance += entry.amount
        rows.append(_entry(words, entry, balance, currency))
    return Sheet(
        title=say("statement"),
        facts=(
            (say("date"), words.day(statement.issued_on)),
            (say("period"), f"{words.day(statement.since)} – {words.day(statement.until)}"),
        ),
        columns=(
            Column(say("date"), "start"),
            Column(say("description"), "wide"),
            Column(f"{say('billed')} {currency}"),
            Column(f"{say('settled')} {currency}"),
            Column(f"{say('balance')} {currency}"),
        ),
        rows=tuple(rows),
        sums=(SumLine(say(key, day=words.day(statement.until)), words.money(Money(abs(closing), currency)), "strong"),),
        small=() if statement.entries else (say("no_entries"),),
        note=statement.note.strip(),
        **letter(statement.seller, statement.buyer, brand, words, None),
    )


def _entry(words: Words, entry: AccountEntry, balance: int, currency: str) -> PaperRow:
    amount = words.amount(Money(abs(entry.amount), currency))
    open_now = words.amount(Money(balance, currency))
    small = (words.say("due_on", day=words.day(entry.due_on)),) if entry.due_on and entry.amount > 0 else ()
    return PaperRow(
        (
            Cell(words.day(entry.day)),
            Cell(f"{entry.title} {entry.number}".strip(), small),
            Cell(amount if entry.amount > 0 else ""),
            Cell(amount if entry.amount <= 0 else ""),
            Cell(open_now),
        ),
        open_now,
    )
