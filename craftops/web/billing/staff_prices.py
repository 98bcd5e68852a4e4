"""The owner's page of prices, tax and terms; each change is a version of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.billing.costing import Rates
from craftops.domain.billing.money import Money
from craftops.domain.billing.pricing import PriceList, PriceMode, QuantityBreak
from craftops.domain.billing.settings import BillingSettings, InvoiceMoment, SellerDetails
from craftops.domain.billing.tax import TaxCategory
from craftops.domain.billing.vat_ids import check_vat_id
from craftops.errors import IntakeError
from craftops.services.billing import settings as kept
from craftops.services.shop.context import Shop
from craftops.web.billing.amounts import read_money, read_share
from craftops.web.billing.present_papers import percent, plain
from craftops.web.billing.present_portal import COUNTRIES, country_name
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.views import Choice, FormField

MOST_BREAKS = 6


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/money/settings", "prices", view_func=prices, methods=["GET", "POST"])


def prices() -> AnyResponse | tuple[str, int]:
    """The form, and what was typed."""
    actor().must_be_owner()
    shop = current_shop()
    known, errors = kept.billing_settings(shop), {}
    form: Mapping[str, str] = {}
    if request.method == "POST":
        form = request.form
        reader = _PriceFields(form)
        found = _read(reader, shop, known)
        errors = reader.errors
        if not errors:
            try:
                kept.save_settings(shop, found, actor=actor(), at=sight().now)
            except IntakeError as error:
                errors = error.fields
            else:
                flash(_("Kept. Quotes and invoices from now on are made by it."), "good")
                return redirect(url_for("staff.prices"), 303)
    groups = _groups(shop, known, form, errors)
    page = render_template("staff/prices.html", groups=groups, versions=kept.versions(10), errors=errors)
    return page, 422 if errors else 200


class _PriceFields:
    """Fields of a form, with every fault gathered."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self.form = form
        self.errors: dict[str, str] = {}

    def text(self, name: str) -> str:
        return self.form.get(name, "").strip()

    def read(self, name: str, how: Callable[[str], int]) -> int:
        try:
            return how(self.text(name))
        except IntakeError as error:
            self.errors[name] = error.sentence
            return 0

    def days(self, name: str) -> int:
        if not is_number(self.text(name)):
            self.errors[name] = _("Write a number of days.")
            return 0
        return int(self.text(name))

    def number(self, name: str) -> int:
        """A number, 0 where nothing was typed."""
        text = self.text(name)
        if text and not is_number(text):
            self.errors[name] = _("Write a whole number.")
            return 0
        return int(text or 0)

    def rates(self, prefix: str, names: list[str], currency: str) -> dict[str, int]:
        typed = [name for name in names if self.text(f"{prefix}-{name}")]
        return {name: self.read(f"{prefix}-{name}", lambda text: read_money(text, currency)) for name in typed}


def _read(reader: _PriceFields, shop: Shop, known: BillingSettings) -> BillingSettings:
    currency = known.prices.currency

    def amount(name: str) -> int:
        return reader.read(name, lambda text: read_money(text, currency)) if reader.text(name) else 0

    def share(name: str, most: int = 10_000) -> int:
        return reader.read(name, lambda text: read_share(text, most=most))

    materials = [one.name for one in shop.catalogue.materials]
    rates = Rates(
        currency, reader.rates("hour", _processes(shop), currency), reader.rates("kg", materials, currency),
        reader.rates("m2", materials, currency),
    )  # fmt: skip
    price_list = PriceList(
        currency, rates, amount("hand_hour"), reader.rates("setup", _processes(shop), currency),
        reader.rates("finish", [one.name for one in shop.catalogue.finishes], currency), share("failure", 100_000),
        share("margin", 100_000), _breaks(reader), share("rush", 100_000), amount("least_line"), amount("least_order"),
        _mode(reader.text("mode")), amount("instant_up_to"), reader.text("show_parts") == "1",
    )  # fmt: skip
    return BillingSettings(price_list, _read_seller(reader, share), known.version)


def _read_seller(reader: _PriceFields, share: Callable[[str], int]) -> SellerDetails:
    vat_id = reader.text("vat_id")
    if vat_id:
        try:
            vat_id = check_vat_id(vat_id)
        except IntakeError as error:
            reader.errors["vat_id"] = error.sentence
    moment = reader.text("invoice_at")
    abroad = reader.text("to_eu_business")
    return SellerDetails(
        legal_name=reader.text("legal_name")[:200],
        address=tuple(line.strip()[:200] for line in reader.text("address").splitlines() if line.strip())[:5],
        postcode=reader.text("postcode")[:20],
        city=reader.text("city")[:100],
        country=reader.text("country").upper(),
        vat_id=vat_id,
        tax_number=reader.text("tax_number")[:40],
        registration=reader.text("registration")[:200],
        rate=share("rate"),
        small_business=reader.text("small_business") == "1",
        to_eu_business=TaxCategory(abroad) if abroad in ("AE", "K") else TaxCategory.REVERSE_CHARGE,
        net_days=reader.days("net_days"),
        quote_days=reader.days("quote_days"),
        deposit=share("deposit"),
        invoice_at=InvoiceMoment(moment) if moment in list(InvoiceMoment) else InvoiceMoment.BY_HAND,
        invoice_prefix=reader.text("invoice_prefix"),
        terms=reader.text("terms")[:5000],
        remind_after_days=reader.days("remind_after_days"),
        datev_adviser=reader.number("datev_adviser"),
        datev_client=reader.number("datev_client"),
        datev_chart=reader.text("datev_chart") or "03",
        fiscal_month=reader.number("fiscal_month") or 1,
    )


def _mode(text: str) -> PriceMode:
    return PriceMode(text) if text in list(PriceMode) else PriceMode.REVIEW


def _breaks(reader: _PriceFields) -> tuple[QuantityBreak, ...]:
    """ "10: 5, 50: 12.5" as breaks: from ten copies 5 % off."""
    found = []
    for part in filter(None, (one.strip() for one in reader.text("breaks").split(";"))):
        quantity, _colon, off = part.partition(":")
        try:
            if not is_number(quantity.strip()):
                raise IntakeError("")
            found.append(QuantityBreak(int(quantity), read_share(off)))
        except IntakeError:
            reader.errors["breaks"] = _("Write breaks as “10: 5; 50: 12.5”: from ten copies 5 % off.")
    return tuple(sorted(found, key=lambda one: one.quantity)[:MOST_BREAKS])


def _processes(shop: Shop) -> list[str]:
    return sorted({one.process for one in shop.catalogue.materials})


class _Fields:
    """Fields with what was typed, else what is kept."""

    def __init__(self, form: Mapping[str, str], errors: Mapping[str, str]) -> None:
        self.form, self.errors = form, errors

    def text(self, name: str, label: str, value: str, hint: str = "", kind: str = "text", auto: str = "") -> FormField:
        return FormField(
            name, label, kind, self.form.get(name, value), hint, self.errors.get(name, ""), False, (), auto
        )

    def choice(self, name: str, label: str, value: str, choices: Mapping[str, str], kind: str = "select") -> FormField:
        chosen = self.form.get(name, value)
        return FormField(
            name, label, kind, chosen, "", self.errors.get(name, ""), True,
            tuple(Choice(key, title, key == chosen) for key, title in choices.items()),
        )  # fmt: skip


def _groups(
    shop: Shop, known: BillingSettings, form: Mapping[str, str], errors: Mapping[str, str]
) -> tuple[tuple[str, str, tuple[FormField, ...]], ...]:
    fields = _Fields(form, errors)
    return (
        (_("Who sells"), _("Printed on quotes and invoices."), _seller_fields(fields, known.seller)),
        (_("Tax and terms"), "", _term_fields(fields, known.seller)),
        (
            _("Rates"), _("Net prices. What has no rate has no price, and is quoted by hand."),
            _rate_fields(shop, fields, known.prices),
        ),
        (_("How a price is made"), _("Shares in per cent."), _formula_fields(shop, fields, known.prices)),
        (_("What customers see while ordering"), "", _mode_fields(fields, known.prices)),
        (
            _("For the tax adviser"), _("Needed for the export to DATEV alone; your adviser tells the numbers."),
            _adviser_fields(fields, known.seller),
        ),
    )  # fmt: skip


def _seller_fields(f: _Fields, s: SellerDetails) -> tuple[FormField, ...]:
    codes = sorted({*COUNTRIES, s.country}, key=country_name)
    return (
        f.text("legal_name", _("Name of the business"), s.legal_name, _("Empty: the shop's name.")),
        f.text("address", _("Street and number"), "\n".join(s.address), kind="textarea"),
        f.text("postcode", _("Postcode"), s.postcode),
        f.text("city", _("City"), s.city),
        f.choice("country", _("Country"), s.country, {code: country_name(code) for code in codes}),
        f.text("vat_id", _("VAT number"), s.vat_id, _("Such as DE136695976.")),
        f.text("tax_number", _("Tax number"), s.tax_number, _("One of both is wanted on every invoice.")),
        f.text("registration", _("Register"), s.registration, _("Such as “HRB 12345, Amtsgericht Berlin”.")),
    )


def _term_fields(f: _Fields, s: SellerDetails) -> tuple[FormField, ...]:
    moments = {
        "accepted": _("when the quote is accepted"), "ready": _("when the order is ready"),
        "by_hand": _("by hand, on the order's page"),
    }  # fmt: skip
    return (
        f.text("rate", _("VAT, per cent"), percent(s.rate).removesuffix(" %")),
        f.choice("small_business", _("Small business"), "1" if s.small_business else "0",
                 {"0": _("No, we charge VAT"), "1": _("Yes, we charge none (in Germany § 19 UStG)")}),
        f.choice("to_eu_business", _("Businesses in other EU states"), s.to_eu_business.value,
                 {"AE": _("reverse charge (work)"), "K": _("intra-community supply (goods)")}),
        f.text("net_days", _("Days to pay"), str(s.net_days), kind="number"),
        f.text("quote_days", _("Days a quote is valid"), str(s.quote_days), kind="number"),
        f.text("deposit", _("Deposit, per cent of a quote"), percent(s.deposit).removesuffix(" %")),
        f.choice("invoice_at", _("Invoice the rest"), s.invoice_at.value, moments),
        f.text("invoice_prefix", _("Numbers begin with"), s.invoice_prefix, _("R gives R-2026-0001.")),
        f.text("remind_after_days", _("Remind after days"), str(s.remind_after_days), kind="number"),
        f.text("terms", _("Terms"), s.terms, _("Printed on quotes and invoices."), kind="textarea"),
    )  # fmt: skip


def _adviser_fields(f: _Fields, s: SellerDetails) -> tuple[FormField, ...]:
    return (
        f.text("datev_adviser", _("Adviser's number"), str(s.datev_adviser or ""), kind="number"),
        f.text("datev_client", _("Client's number"), str(s.datev_client or ""), kind="number"),
        f.choice("datev_chart", _("Chart of accounts"), s.datev_chart, {"03": "SKR03", "04": "SKR04"}),
        f.text("fiscal_month", _("The fiscal year begins in month"), str(s.fiscal_month), kind="number"),
    )


def _rate_fields(shop: Shop, f: _Fields, p: PriceList) -> tuple[FormField, ...]:
    def shown(amount: int | None) -> str:
        return plain(Money(amount, p.currency)) if amount is not None else ""

    hours = tuple(
        f.text(f"hour-{name}", _("%(name)s, machine hour", name=name.upper()), shown(p.rates.machine_hour.get(name)))
        for name in _processes(shop)
    )
    sheets = {one.name for one in shop.catalogue.materials if one.process == "laser"} | set(p.rates.square_metre)
    stuff = tuple(
        f.text(f"m2-{one.name}", _("%(name)s, square metre", name=one.label), shown(p.rates.square_metre.get(one.name)))
        if one.name in sheets
        else f.text(f"kg-{one.name}", _("%(name)s, kilogram", name=one.label), shown(p.rates.kilogram.get(one.name)))
        for one in shop.catalogue.materials
    )
    return (*hours, *stuff, f.text("hand_hour", _("Hand work, hour"), shown(p.hand_hour or None)))


def _formula_fields(shop: Shop, f: _Fields, p: PriceList) -> tuple[FormField, ...]:
    def shown(amount: int) -> str:
        return plain(Money(amount, p.currency)) if amount else ""

    def share(value: int) -> str:
        return percent(value).removesuffix(" %") if value else ""

    setups = tuple(
        f.text(f"setup-{name}", _("Setup of a line, %(name)s", name=name.upper()), shown(p.setup.get(name, 0)))
        for name in _processes(shop)
    )
    finishes = tuple(
        f.text(f"finish-{one.name}", _("%(name)s, each copy", name=one.label), shown(p.finish.get(one.name, 0)))
        for one in shop.catalogue.finishes
    )
    breaks = "; ".join(f"{one.quantity}: {share(one.off)}" for one in p.breaks)
    return (
        *setups,
        *finishes,
        f.text("failure", _("Failure allowance"), share(p.failure), _("Of material and machine time.")),
        f.text("margin", _("Margin"), share(p.margin)),
        f.text("breaks", _("Quantity breaks"), breaks, _("“10: 5; 50: 12.5”: from ten copies 5 % off.")),
        f.text("rush", _("Rush"), share(p.rush)),
        f.text("least_line", _("Least price of a line"), shown(p.least_line)),
        f.text("least_order", _("Least price of an order"), shown(p.least_order)),
    )


def _mode_fields(f: _Fields, p: PriceList) -> tuple[FormField, ...]:
    modes = {
        "instant": _("The price, and they order at it (up to the amount below)"),
        "review": _("The price, and you confirm it by a quote"),
        "manual": _("That a quote comes"),
        "hidden": _("Nothing about money"),
    }
    upto = plain(Money(p.instant_up_to, p.currency)) if p.instant_up_to else ""
    return (
        f.choice("mode", _("Customers see"), p.mode.value, modes, "radio"),
        f.text("instant_up_to", _("Sold at once up to, with tax"), upto),
        f.choice("show_parts", _("What a price is made of"), "1" if p.show_parts else "0",
                 {"0": _("only we see it"), "1": _("customers see it too")}),
    )  # fmt: skip
