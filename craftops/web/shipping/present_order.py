"""One order on the shipping desk: its address, its parcels, what carriers ask, its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import url_for

from craftops.domain.billing.money import Money
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.customs import needs_customs
from craftops.domain.shipping.parcels import LabelState, ParcelState
from craftops.domain.shipping.settings import ShippingSettings
from craftops.sdk.carrier import Carrier
from craftops.services.orders.delivering import as_address
from craftops.services.shipping import packing, rating
from craftops.services.shipping.carriers import ready_carriers
from craftops.services.shipping.settings import shipping_settings
from craftops.store.queries import shipping
from craftops.store.views.orders import LineView, OrderView
from craftops.store.views.shipping import StoredEvent, StoredLabel, StoredParcel
from craftops.web.billing.present import money
from craftops.web.billing.present_papers import plain
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Chip
from craftops.web.orders import labels as order_labels
from craftops.web.people.address_fields import address_fields, address_lines, address_values
from craftops.web.shipping import labels
from craftops.web.shipping.present import carrier_words, chip, contents_text, problem_view
from craftops.web.shipping.views import (
    BoxChoice,
    ContentsRow,
    CustomsRow,
    DeskParcel,
    LabelView,
    OfferView,
    OrderShippingPage,
)

KINDS = {"application/pdf": "PDF", "image/png": "PNG", "application/zpl": "ZPL"}


def _networks(carriers: Sequence[Carrier]) -> tuple[tuple[str, str, str], ...]:
    """From where a number that was got elsewhere may be: the carrier's name, the network's key and its title."""
    takers = (one for one in carriers if one.takes_numbers)
    return tuple((one.name, key, title) for one in takers for key, title in one.networks.items())


def order_shipping_page(order: OrderView, sight: RequestContext, typed: TypedForm | None = None) -> OrderShippingPage:
    """The page, with what was typed where it could not be used."""
    typed = typed or TypedForm()
    one, settings = shipping.shipment_of(order), shipping_settings(sight.shop)
    parcels, told = one.parcels, shipping.events_of(one.parcels)
    address = as_address(one.address) if one.address is not None else None
    left = packing.left_of(one.lines, parcels)
    desk = _Desk(sight, settings, {line.id: line for line in one.lines}, left, address, typed)
    problem = shipping.newest_problem(order.id)
    values = typed.address if typed.address is not None else (address_values(address) if address else {})
    carriers = ready_carriers(sight.shop)
    return OrderShippingPage(
        code=order.code,
        title=order.title,
        customer=order.customer.name,
        stage=Chip(str(order_labels.STAGE_TITLES[Stage(order.stage)]), "calm", "package"),
        address=address_lines(address) if address else (),
        address_fields=address_fields(values, typed.errors),
        parcels=tuple(desk.parcel(row, len(parcels), told[row.id], one.labels.get(row.id, [])) for row in parcels),
        left=tuple(
            ContentsRow(line.id, line.title, left[line.id], left[line.id]) for line in one.lines if line.id in left
        ),
        boxes=tuple(BoxChoice(box.name, f"{box.length_mm},{box.width_mm},{box.height_mm}") for box in settings.boxes),
        can_pack=Stage(order.stage) in packing.PACKABLE and order.delivery == "shipping",
        networks=_networks(carriers),
        carriers=len(carriers),
        sender_missing=settings.sender is None,
        settings_url=url_for("staff.shipping_settings"),
        currency=sight.profile.currency,
        problem=problem_view(problem),
        problem_id=problem.id if problem is not None else 0,
        remakes=tuple(ContentsRow(line.id, line.title, line.quantity, line.quantity) for line in one.lines),
    )


class TypedForm:
    """What somebody typed that could not be used, and why."""

    def __init__(
        self, errors: Mapping[str, str] | None = None, *, parcel: int = 0, address: dict[str, str] | None = None,
        customs: Sequence[CustomsRow] = (),
    ) -> None:  # fmt: skip
        self.errors = dict(errors or {})
        self.parcel = parcel
        self.address = address
        self.customs = tuple(customs)


class _Desk:
    def __init__(
        self, sight: RequestContext, settings: ShippingSettings, lines: dict[int, LineView],
        left: Mapping[int, int], address: PostalAddress | None, typed: TypedForm,
    ) -> None:  # fmt: skip
        self.sight, self.settings, self.lines = sight, settings, lines
        self.left, self.address, self.typed = left, address, typed

    def parcel(
        self, row: StoredParcel, of: int, events: Sequence[StoredEvent], bought: Sequence[StoredLabel]
    ) -> DeskParcel:
        state, offers = ParcelState(row.state), rating.offers_of(row)
        alive = next((one for one in bought if one.alive), None)
        mine = self.typed if self.typed.parcel == row.id else TypedForm()
        return DeskParcel(
            id=row.id,
            title=_("Parcel %(n)s of %(all)s", n=row.position, all=of),
            code=row.code,
            chip=chip(labels.PARCEL_CHIPS[state]),
            since=row.state_since,
            contents=self.contents(row),
            summary=contents_text(row, self.lines),
            size={name: getattr(row, name) for name in packing.SIZES},
            is_open=state is ParcelState.PACKED and alive is None,
            offers=tuple(
                OfferView(
                    one.carrier, one.rate.service, f"{one.title} · {one.rate.title}", money(one.rate.price),
                    one.rate.days, one.test_mode,
                )
                for one in offers.offers
            ),
            faults=offers.faults,
            asking=offers.asking,
            offered_at=offers.at,
            label=self.label(alive, state) if alive is not None else None,
            earlier=tuple(self.label(one, state) for one in bought if not one.alive),
            customs=mine.customs or self.customs(row),
            customs_error=mine.errors.get("customs", ""),
            needs_customs=self.needs_customs,
            declared=bool(row.customs),
            number=row.number,
            network=row.network,
            link=row.link,
            words=carrier_words(events),
            can_say_delivered=state not in (ParcelState.PACKED, ParcelState.LABELLED, ParcelState.DELIVERED),
        )  # fmt: skip

    @property
    def needs_customs(self) -> bool:
        sender = self.settings.sender
        return sender is not None and self.address is not None and needs_customs(sender, self.address)

    def contents(self, row: StoredParcel) -> tuple[ContentsRow, ...]:
        inside = packing.contents_of(row)
        return tuple(
            ContentsRow(line.id, line.title, inside.get(line.id, 0), inside.get(line.id, 0) + self.left.get(line.id, 0))
            for line in self.lines.values()
            if inside.get(line.id, 0) or self.left.get(line.id, 0)
        )

    def label(self, row: StoredLabel, state: ParcelState) -> LabelView:
        price = Money(row.price if row.price is not None else row.quoted or 0, row.currency)
        return LabelView(
            row.id, row.carrier, chip(labels.LABEL_CHIPS[LabelState(row.state)]), row.title,
            money(price) if row.currency else "", row.reason, row.by_name, row.created_at,
            tuple(
                (KINDS[kind], url_for("staff.print_label", label_id=row.id, kind=KINDS[kind].lower()))
                for kind, _sha in row.files or ()
                if kind in KINDS
            ),
            row.state == LabelState.BOUGHT.value and state is ParcelState.LABELLED,
            row.state == LabelState.BOUGHT.value and not row.number,
        )  # fmt: skip

    def customs(self, row: StoredParcel) -> tuple[CustomsRow, ...]:
        """As it is declared, else what can be known of the contents: the values are for a person to write."""
        if row.customs:
            return tuple(
                CustomsRow(
                    one.description, str(one.quantity), plain(one.value), str(one.weight_g), one.hs_code, one.origin, {}
                )
                for one in packing.customs_of(row)
            )
        if not self.needs_customs:
            return ()
        return tuple(self._proposed(line, copies) for line, copies in packing.contents_of(row).items())

    def _proposed(self, line_id: int, copies: int) -> CustomsRow:
        line = self.lines.get(line_id)
        if line is None:
            return CustomsRow("", str(copies), "", "", self.settings.hs_code, self.settings.made_in, {})
        material = self.sight.catalogue.material_of(line)
        grams = max(1, round(copies * packing.copy_mass_g(self.sight.shop, line)))
        title = f"{line.title} ({material.label if material else line.material})"
        return CustomsRow(title[:100], str(copies), "", str(grams), self.settings.hs_code, self.settings.made_in, {})
