"""What papers say, in the languages that they speak, and how these write days, times and amounts."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_name
from babel.numbers import NumberPattern, format_decimal, get_decimal_symbol, get_group_symbol

from craftops.domain.billing.money import Money, exponent
from craftops.papers import words_shipping

REGIONS = {"en": {"US", "GB", "IE", "AU", "NZ", "CA", "IN"}, "de": {"DE", "AT", "CH"}}
USUAL = {"en": "GB", "de": "DE"}
THOUSANDS = (3, 3)

ENGLISH = {
    "quote": "Quote",
    "invoice": "Invoice",
    "deposit": "Deposit invoice",
    "credit": "Credit note",
    "receipt": "Receipt",
    "payment": "Payment",
    "money_back": "Refund",
    "refund": "Refund receipt",
    "statement": "Statement of account",
    "number": "Number",
    "date": "Date",
    "order": "Our order",
    "your_order": "Your order",
    "delivered": "Delivered",
    "due": "Due",
    "valid_until": "Valid until",
    "your_vat_id": "Your VAT ID",
    "corrects": "Corrects",
    "belongs_to": "Belongs to",
    "pos": "Pos.",
    "description": "Description",
    "quantity": "Quantity",
    "price": "Unit price",
    "price_net": "Unit price, net",
    "price_gross": "Unit price incl. VAT",
    "tax": "VAT",
    "amount": "Amount",
    "discount": "{percent} discount",
    "carried": "Carried forward",
    "subtotal": "Subtotal",
    "net": "Net total",
    "tax_on": "VAT {percent} on {net}",
    "tax_in": "including VAT {percent} on {net}",
    "without_tax": "without VAT on {net}",
    "total": "Total",
    "total_credit": "Credit total",
    "paid": "Already paid",
    "left": "To pay",
    "left_credit": "In your favour",
    "pay_by": "Please pay {amount} by {day}",
    "pay_now": "Please pay {amount}",
    "credit_back": "We pay {amount} back to you, or set it against what is open.",
    "nothing_left": "It is paid. Thank you.",
    "accept_by": "You can accept this quote until {day}",
    "accept": "You can accept this quote online",
    "holder": "Account holder",
    "iban": "IBAN",
    "bic": "BIC",
    "reference": "Reference",
    "payment_id": "Reference",
    "scan_bank": "Scan with your banking app",
    "scan_pay": "Pay online",
    "scan_view": "View online",
    "qr_bank": "QR code of a transfer for banking apps",
    "qr_link": "QR code of the address {url}",
    "page": "Page {n} of {m}",
    "logo": "Logo of {name}",
    "tax_number": "Tax number",
    "vat_id": "VAT ID",
    "received": "We received",
    "given_back": "We paid back",
    "paid_at": "Paid",
    "method": "By",
    "for": "For",
    "period": "Period",
    "opening": "Open on {day}",
    "closing": "Open on {day}",
    "closing_credit": "Credit on {day}",
    "billed": "Billed",
    "settled": "Paid",
    "balance": "Open",
    "due_on": "due {day}",
    "no_entries": "Nothing was billed or paid in this time.",
    "hour": "h",
}
GERMAN = {
    "quote": "Angebot",
    "invoice": "Rechnung",
    "deposit": "Anzahlungsrechnung",
    "credit": "Rechnungskorrektur",
    "receipt": "Zahlungsbeleg",
    "payment": "Zahlung",
    "money_back": "Erstattung",
    "refund": "Erstattungsbeleg",
    "statement": "Kontoauszug",
    "number": "Nummer",
    "date": "Datum",
    "order": "Unser Auftrag",
    "your_order": "Ihre Bestellung",
    "delivered": "Geliefert am",
    "due": "Fällig am",
    "valid_until": "Gültig bis",
    "your_vat_id": "Ihre USt-IdNr.",
    "corrects": "Korrigiert",
    "belongs_to": "Gehört zu",
    "pos": "Pos.",
    "description": "Bezeichnung",
    "quantity": "Menge",
    "price": "Einzelpreis",
    "price_net": "Einzelpreis netto",
    "price_gross": "Einzelpreis inkl. USt.",
    "tax": "USt.",
    "amount": "Betrag",
    "discount": "{percent} Rabatt",
    "carried": "Übertrag",
    "subtotal": "Zwischensumme",
    "net": "Summe netto",
    "tax_on": "USt. {percent} auf {net}",
    "tax_in": "enthält USt. {percent} auf {net}",
    "without_tax": "ohne USt. auf {net}",
    "total": "Gesamtbetrag",
    "total_credit": "Korrekturbetrag",
    "paid": "Bereits bezahlt",
    "left": "Zu zahlen",
    "left_credit": "Zu Ihren Gunsten",
    "pay_by": "Bitte zahlen Sie {amount} bis {day}",
    "pay_now": "Bitte zahlen Sie {amount}",
    "credit_back": "Wir zahlen Ihnen {amount} zurück oder verrechnen den Betrag mit Offenem.",
    "nothing_left": "Der Betrag ist bezahlt. Vielen Dank.",
    "accept_by": "Sie können dieses Angebot bis {day} annehmen",
    "accept": "Sie können dieses Angebot online annehmen",
    "holder": "Kontoinhaber",
    "iban": "IBAN",
    "bic": "BIC",
    "reference": "Verwendungszweck",
    "payment_id": "Referenz",
    "scan_bank": "Mit der Banking-App scannen",
    "scan_pay": "Online bezahlen",
    "scan_view": "Online ansehen",
    "qr_bank": "QR-Code einer Überweisung für Banking-Apps",
    "qr_link": "QR-Code der Adresse {url}",
    "page": "Seite {n} von {m}",
    "logo": "Logo von {name}",
    "tax_number": "Steuernummer",
    "vat_id": "USt-IdNr.",
    "received": "Wir haben erhalten",
    "given_back": "Wir haben erstattet",
    "paid_at": "Bezahlt am",
    "method": "Per",
    "for": "Für",
    "period": "Zeitraum",
    "opening": "Offen am {day}",
    "closing": "Offen am {day}",
    "closing_credit": "Guthaben am {day}",
    "billed": "Berechnet",
    "settled": "Bezahlt",
    "balance": "Offen",
    "due_on": "fällig am {day}",
    "no_entries": "In diesem Zeitraum wurde nichts berechnet oder bezahlt.",
    "hour": "Std.",
}
CATALOGUES = {"en": ENGLISH | words_shipping.ENGLISH, "de": GERMAN | words_shipping.GERMAN}


@dataclass(frozen=True, slots=True)
class Words:
    """One language as one shop writes it. ``territory`` decides the order of days and the place of the currency."""

    language: str
    territory: str

    @staticmethod
    def of(language: str, country: str) -> Words:
        """The words of a document; English where there are none in its language."""
        known = language[:2].lower() if language[:2].lower() in CATALOGUES else "en"
        return Words(known, country if country in REGIONS[known] else USUAL[known])

    def say(self, key: str, **values: str) -> str:
        """The sentence of ``key``. What comes in as a value is never looked into for braces again."""
        sentence = CATALOGUES[self.language][key]
        return sentence.format(**values) if values else sentence

    def day(self, value: date) -> str:
        return format_date(value, "medium", locale=_locale(self.language, self.territory))

    def moment(self, value: datetime, zone: str) -> str:
        """A moment in the reader's zone, which is named."""
        there = value.astimezone(ZoneInfo(zone))
        locale = _locale(self.language, self.territory)
        time = format_time(there.time(), "short", locale=locale)
        return f"{self.day(there.date())}, {time} {get_timezone_name(there, 'short', locale=locale)}"

    def money(self, amount: Money) -> str:
        """An amount with its currency, and with all decimals that the currency has here."""
        before, after = _frame(_locale(self.language, self.territory), amount.currency, amount.minor < 0)
        return before + self._figures(amount) + after

    def amount(self, amount: Money) -> str:
        """The same without the currency, for a column that says it on top."""
        return ("−" if amount.minor < 0 else "") + self._figures(amount)

    def _figures(self, amount: Money) -> str:
        """Without sign. The library is slow, and loses the marks of Swiss millions."""
        locale, places = _locale(self.language, self.territory), exponent(amount.currency)
        pattern = _pattern(locale, places, False)
        if pattern.grouping != THOUSANDS:
            return str(pattern.apply(abs(amount.major), locale))
        whole, part = divmod(abs(amount.minor), 10**places)
        group, point = _marks(locale)
        return f"{whole:,}".replace(",", group) + (f"{point}{part:0{places}d}" if places else "")

    def country(self, code: str) -> str:
        """The name of a country (ISO 3166-1 alpha-2); the code itself for one that nobody knows."""
        return str(_locale(self.language, self.territory).territories.get(code, code))

    def number(self, value: int) -> str:
        return str(value) if 0 <= value < 1000 else format_decimal(value, locale=_locale(self.language, self.territory))

    def decimal(self, value: float) -> str:
        """Two decimals, as the region writes them: weights in kilograms."""
        return format_decimal(value, format="#,##0.00", locale=_locale(self.language, self.territory))

    def percent(self, hundredths: int) -> str:
        """Hundredths of a per cent: "19 %", "2.5%"."""
        value = Decimal(hundredths).scaleb(-2)
        said = format_decimal(value, format="#,##0.##", locale=_locale(self.language, self.territory))
        return f"{said} %" if self.language == "de" else f"{said}%"


def _minus(said: str) -> str:
    """A minus sign is as wide as a digit, a hyphen is not."""
    return said.replace("-", "−")


@lru_cache
def _locale(language: str, territory: str) -> Locale:
    return Locale(language, territory=territory)


@lru_cache
def _marks(locale: Locale) -> tuple[str, str]:
    return get_group_symbol(locale), get_decimal_symbol(locale)


@lru_cache
def _frame(locale: Locale, currency: str, negative: bool) -> tuple[str, str]:
    """What stands before and behind the figures of an amount of money."""
    one = Decimal(-1 if negative else 1)
    places = exponent(currency)
    said = _pattern(locale, places, True).apply(one, locale, currency=currency, currency_digits=False)
    before, _, after = _minus(said).partition(_pattern(locale, places, False).apply(abs(one), locale))
    return before, after


@lru_cache
def _pattern(locale: Locale, places: int, with_currency: bool) -> NumberPattern:
    found: NumberPattern = copy(locale.currency_formats["standard"] if with_currency else locale.decimal_formats[None])
    found.frac_prec = (places, places)
    return found
