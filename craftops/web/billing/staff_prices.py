"""The owner's page of prices, tax and terms; each change is a version of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.billing.costing import Rates
from craftops.domain.billing.money import Money
from craftops.domain.billing.pricing import PriceList, QuantityBreak
from craftops.domain.billing.settings import BillingSettings, SellerDetails
from craftops.domain.billing.tax import TaxCategory
from craftops.domain.billing.vat_ids import check_vat_id
from craftops.errors import IntakeError
from craftops.services.billing import settings as kept
from craftops.services.shop.context import Shop
from craftops.web.billing.amounts import read_money, read_share
from craftops.web.billing.forms import PricesForm
from craftops.web.billing.present_papers import percent, plain
from craftops.web.billing.present_portal import COUNTRIES, country_name
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.sent_form import typed
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
    if request.method == "POST":
        form = PricesForm.sent()
        reader = _PriceFields(form, known.prices.currency)
        found = _read(form, reader, shop, known)
        errors = reader.errors
        if not errors:
            try:
                kept.save_settings(shop, found, actor=actor(), at=sight().now)
            except IntakeError as error:
                errors = error.fields
            else:
                flash(_("Kept. Quotes and invoices from now on are made by it."), "good")
                return redirect(url_for("staff.prices"), 303)
    groups = _groups(shop, known, typed(), errors)
    page = render_template("staff/prices.html", groups=groups, versions=kept.versions(10), errors=errors)
    return page, 422 if errors else 200


class _PriceFields:
    """The numbers of the form, with every fault gathered."""

    def __init__(self, form: PricesForm, currency: str) -> None:
        self.typed, self.currency = form.model_dump(), currency
        self.errors: dict[str, str] = {}

    def read(self, name: str, text: str, how: Callable[[str], int]) -> int:
        try:
            return how(text)
        except IntakeError as error:
            self.errors[name] = error.sentence
            return 0

    def money(self, name: str, text: str) -> int:
        """In minor units, 0 where nothing was typed."""
        return self.read(name, text, lambda one: read_money(one, self.currency)) if text else 0

    def amount(self, name: str) -> int:
        return self.money(name, self.typed[name])

    def share(self, name: str, most: int = 10_000) -> int:
        return self.read(name, self.typed[name], lambda text: read_share(text, most=most))

    def days(self, name: str) -> int:
        found: int | None = self.typed[name]
        if found is None:
            self.errors[name] = _("Write a number of days.")
        return found or 0

    def number(self, name: str) -> int:
        """A number, 0 where nothing was typed."""
        text = self.typed[name]
        if text and not is_number(text):
            self.errors[name] = _("Write a whole number.")
            return 0
        return int(text or 0)

    def rates(self, prefix: str, names: Iterable[str]) -> dict[str, int]:
        typed: Mapping[str, str] = self.typed[prefix]
        return {name: self.money(f"{prefix}-{name}", typed[name]) for name in names if typed.get(name)}


def _read(form: PricesForm, reader: _PriceFields, shop: Shop, known: BillingSettings) -> BillingSettings:
    currency, amount, share = reader.currency, reader.amount, reader.share
    materials = [one.name for one in shop.catalogue.materials]
    rates = Rates(
        currency, reader.rates("hour", _processes(shop)), reader.rates("kg", materials), reader.rates("m2", materials)
    )
    price_list = PriceList(
        currency, rates, amount("hand_hour"), reader.rates("setup", _processes(shop)),
        reader.rates("finish", [one.name for one in shop.catalogue.finishes]), share("failure", 100_000),
        share("margin", 100_000), _breaks(form.breaks, reader), share("rush", 100_000), amount("least_line"),
        amount("least_order"), form.mode, amount("instant_up_to"), form.show_parts,
    )  # fmt: skip
    return BillingSettings(price_list, _read_seller(form, reader), known.version)


def _read_seller(form: PricesForm, reader: _PriceFields) -> SellerDetails:
    vat_id = form.vat_id
    if vat_id:
        try:
            vat_id = check_vat_id(vat_id)
        except IntakeError as error:
            reader.errors["vat_id"] = error.sentence
    return SellerDetails(
        legal_name=form.legal_name,
        address=tuple(line.strip()[:200] for line in form.address.splitlines() if line.strip())[:5],
        postcode=form.postcode,
        city=form.city,
        country=form.country,
        vat_id=vat_id,
        tax_number=form.tax_number,
        registration=form.registration,
        rate=reader.share("rate"),
        small_business=form.small_business,
        to_eu_business=TaxCategory(form.to_eu_business),
        net_days=reader.days("net_days"),
        quote_days=reader.days("quote_days"),
        deposit=reader.share("deposit"),
        invoice_at=form.invoice_at,
        invoice_prefix=form.invoice_prefix,
        terms=form.terms,
        remind_after_days=reader.days("remind_after_days"),
        datev_adviser=reader.number("datev_adviser"),
        datev_client=reader.number("datev_client"),
        datev_chart=form.datev_chart or "03",
        fiscal_month=reader.number("fiscal_month") or 1,
    )


def _breaks(typed: str, reader: _PriceFields) -> tuple[QuantityBreak, ...]:
    """ "10: 5, 50: 12.5" as breaks: from ten copies 5 % off."""
    found = []
    for part in filter(None, (one.strip() for one in typed.split(";"))):
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
