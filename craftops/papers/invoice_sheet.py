"""Quote, invoice, deposit invoice and credit note: from a document to what stands on its sheet."""

from __future__ import annotations

from dataclasses import dataclass

from craftops.domain.billing.documents import Document, DocumentKind, DocumentLine
from craftops.domain.billing.money import Money
from craftops.domain.billing.tax import TaxCategory
from craftops.domain.billing.totals import TaxGroup, Totals
from craftops.papers.brand import Brand
from craftops.papers.codes import link_code, picture_code
from craftops.papers.sheet import Cell, Column, PaperRow, PayBox, QrCode, Sheet, SumLine, letter, spaced
from craftops.papers.words import Words

UNITS = {"HUR": "hour"}
"""UN/ECE Recommendation 20 codes that are said beside the number; a piece is not."""
IS_CREDIT = DocumentKind.CREDIT
BILLS = (DocumentKind.INVOICE, DocumentKind.DEPOSIT)


def document_sheet(document: Document, brand: Brand, bank_code: bytes = b"") -> Sheet:
    """The sheet of a document; ``bank_code``: an EPC QR code as SVG or PNG. Raises ValueError for a receipt."""
    if document.kind is DocumentKind.RECEIPT:
        raise ValueError("A receipt is a value of its own.")
    words = Words.of(document.language, document.seller.country)
    return _Setting(document, words, document.totals).sheet(brand, bank_code)


@dataclass(frozen=True, slots=True)
class _Setting:
    document: Document
    words: Words
    totals: Totals

    def sheet(self, brand: Brand, bank_code: bytes) -> Sheet:
        document, words = self.document, self.words
        return Sheet(
            title=f"{words.say(document.kind.value)} {document.number}",
            facts=self._facts(),
            columns=self._columns(),
            rows=self._rows(),
            sums=self._sums(),
            small=self._reasons(),
            pay=self._pay(bank_code),
            note=document.note.strip(),
            terms=document.terms.strip(),
            **letter(document.seller, document.buyer, brand, words, document.bank),
        )

    @property
    def _mixed(self) -> bool:
        return len(self.totals.groups) > 1

    @property
    def _due(self) -> int:
        return self.totals.gross - self.document.paid

    @property
    def _is_gross(self) -> bool:
        """Whether the lines say prices with their tax in them."""
        totals = self.totals
        return self.document.rounding.prices_are_gross and totals.tax != 0

    def _say(self, minor: int) -> str:
        return self.words.money(self.document.money(minor))

    def _plain(self, minor: int) -> str:
        return self.words.amount(Money(minor, self.document.currency))

    def _facts(self) -> tuple[tuple[str, str], ...]:
        document, words = self.document, self.words
        relation = "corrects" if document.kind is IS_CREDIT else "belongs_to"
        facts = [
            ("number", document.number),
            ("date", words.day(document.issued_on)),
            ("delivered", words.day(document.delivered_on) if document.delivered_on else ""),
            ("due", words.day(document.due_on) if document.due_on and document.kind in BILLS else ""),
            ("valid_until", words.day(document.valid_until) if document.valid_until else ""),
            ("order", document.order_code),
            ("your_order", document.buyer_reference),
            ("your_vat_id", document.buyer.vat_id),
            *((relation, f"{one.number}, {words.day(one.issued_on)}") for one in document.preceding),
        ]
        return tuple((words.say(key), value) for key, value in facts if value.strip())

    def _columns(self) -> tuple[Column, ...]:
        say, currency = self.words.say, self.document.currency
        price = "price_gross" if self._is_gross else "price_net" if self.totals.tax else "price"
        return (
            Column(say("pos")),
            Column(say("description"), "wide"),
            Column(say("quantity")),
            Column(say(price)),
            *([Column(say("tax"))] if self._mixed else []),
            Column(f"{say('amount')} {currency}"),
        )

    def _amounts(self) -> list[int]:
        """What each line says it comes to, in the prices of the lines."""
        totals = self.totals
        return [line.item.reduced for line in self.document.lines] if self._is_gross else list(totals.lines)

    def _rows(self) -> tuple[PaperRow, ...]:
        rows: list[PaperRow] = []
        carried = 0
        for line, amount in zip(self.document.lines, self._amounts(), strict=True):
            if not line.of_document:
                carried += amount
                rows.append(self._row(len(rows) + 1, line, amount, carried))
        return tuple(rows)

    def _row(self, number: int, line: DocumentLine, amount: int, carried: int) -> PaperRow:
        words = self.words
        small = [part.strip() for part in line.detail.splitlines() if part.strip()]
        if line.discount:
            off = self._plain(line.item.reduced - line.item.full)
            small.append(f"{words.say('discount', percent=words.percent(line.discount))}: {off}")
        unit = words.say(UNITS[line.unit_code]) if line.unit_code in UNITS else ""
        title, small = (line.title.strip(), small) if line.title.strip() else ("\n".join(small), [])
        return PaperRow(
            (
                Cell(words.number(number)),
                Cell(title, tuple(small)),
                Cell(f"{words.number(line.quantity)} {unit}".strip()),
                Cell(self._plain(line.unit)),
                *([Cell(self._rate(line.tax.category, line.tax.rate))] if self._mixed else []),
                Cell(self._plain(amount)),
            ),
            self._plain(carried),
        )

    def _rate(self, category: TaxCategory, rate: int) -> str:
        return self.words.percent(rate) if category is TaxCategory.STANDARD else self.words.percent(0)

    def _sums(self) -> tuple[SumLine, ...]:
        document, say = self.document, self.words.say
        totals = self.totals
        amounts = self._amounts()
        whole = [(line, amount) for line, amount in zip(document.lines, amounts, strict=True) if line.of_document]
        found = []
        if whole:
            lines = sum(amounts) - sum(amount for _, amount in whole)
            found += [SumLine(say("subtotal"), self._say(lines))]
            found += [SumLine(self._whole(line), self._say(amount)) for line, amount in whole]
        total = SumLine(
            say("total_credit" if document.kind is IS_CREDIT else "total"), self._say(totals.gross), "strong"
        )
        if self._is_gross:
            found += [total, *(self._tax_line(group, "tax_in", "small") for group in totals.groups)]
        else:
            if totals.tax:
                found += [SumLine(say("net"), self._say(totals.net))]
                found += [self._tax_line(group, "tax_on", "plain") for group in totals.groups]
            found += [total]
        if document.paid:
            left = "left_credit" if document.kind is IS_CREDIT else "left"
            found += [
                SumLine(say("paid"), self._say(-document.paid)),
                SumLine(say(left), self._say(self._due), "strong"),
            ]
        return tuple(found)

    def _whole(self, line: DocumentLine) -> str:
        """What is taken off or put on the whole; beside others, with its rate of tax."""
        if not self._mixed:
            return line.title
        return f"{line.title} ({self.words.say('tax')} {self._rate(line.tax.category, line.tax.rate)})"

    def _tax_line(self, group: TaxGroup, key: str, weight: str) -> SumLine:
        if group.tax.category is not TaxCategory.STANDARD:
            return SumLine(self.words.say("without_tax", net=self._say(group.net)), self._say(0), weight)
        percent = self.words.percent(group.tax.rate)
        label = self.words.say(key, percent=percent, net=self._say(group.net))
        return SumLine(label, self._say(group.amount), weight)

    def _reasons(self) -> tuple[str, ...]:
        reasons = dict.fromkeys(group.tax.reason.strip() for group in self.totals.groups)
        return tuple(reason for reason in reasons if reason)

    def _pay(self, bank_code: bytes) -> PayBox | None:
        document, words = self.document, self.words
        if document.kind is DocumentKind.QUOTE:
            day = document.valid_until
            title = words.say("accept_by", day=words.day(day)) if day else words.say("accept")
            return PayBox(title, codes=self._links("scan_view")) if document.pay_url else None
        amount = self._say(self._due)
        if document.kind is IS_CREDIT:
            return PayBox(words.say("credit_back", amount=amount)) if self._due > 0 else None
        if self._due <= 0:
            return PayBox(words.say("nothing_left")) if document.paid else None
        title = words.say("pay_now", amount=amount)
        if document.due_on:
            title = words.say("pay_by", amount=amount, day=words.day(document.due_on))
        bank = document.bank
        facts = (
            [
                (words.say("holder"), bank.holder),
                (words.say("iban"), spaced(bank.iban)),
                (words.say("bic"), bank.bic),
                (words.say("reference"), document.payment_reference or document.number),
            ]
            if bank
            else []
        )
        codes = [picture_code(bank_code, words.say("qr_bank"), words.say("scan_bank"))] if bank_code and bank else []
        return PayBox(title, tuple(fact for fact in facts if fact[1]), (*codes, *self._links("scan_pay")))

    def _links(self, caption: str) -> tuple[QrCode, ...]:
        url = self.document.pay_url
        return (link_code(url, self.words.say("qr_link", url=url), self.words.say(caption)),) if url else ()
