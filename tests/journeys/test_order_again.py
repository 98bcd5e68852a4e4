"""The same again: everything as it was, every line answered, nothing dropped in silence, nobody else's order opened."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from samples.pay_site import PaySite, open_for_money
from samples.queries import asked

from craftops.domain.billing.pricing import PriceMode
from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Role
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shop.catalogue import Catalogue
from craftops.services.billing import quote_drafts, quoting
from craftops.services.billing.settings import billing_settings, save_settings
from craftops.services.files import revising
from craftops.services.orders import delivering, ordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.people import accounts, companies
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import CompanyMemberRow, DesignFileRow, OrderLineRow, OrderRow
from craftops.testing import Workshop
from craftops.testing.workshop import PASSWORD, cube_stl


def offers(workshop: Workshop, patch: pytest.MonkeyPatch, *, without: str = "", **changed: Any) -> None:
    """The shop's catalogue from now on: ``without`` a material, with ``changed`` ones."""
    old = workshop.shop.catalogue
    materials = tuple(replace(one, **changed.get(one.name, {})) for one in old.materials if one.name != without)
    patch.setattr(type(workshop.shop), "catalogue", Catalogue(materials, old.finishes))


def order_of(workshop: Workshop, *lines: dict[str, Any], delivery: Delivery = Delivery.SHIPPING) -> OrderRow:
    """Ada's order of several lines, each its own file; finished."""
    drafts = []
    for number, line in enumerate(lines):
        file = workshop.upload("ada", f"part-{number}.stl", cube_stl(20.0 + number))
        drafts.append(
            LineDraft(file, **{"quantity": 1, "material": "pla", "colour": "Black", "finish": "as_made", **line})
        )
    workshop.run_due()
    order = ordering.place_order(
        workshop.shop, actor=workshop.actor("ada"), customer=workshop.people["ada"], lines=drafts, delivery=delivery,
        at=utcnow(), title="Feet for the cabinet", address=PostalAddress("Ada", "Weg 1", "Kiel", "DE", "24103"),
    )  # fmt: skip
    OrderRow.update(stage=Stage.COMPLETED.value).where(OrderRow.id == order.id).execute()
    return OrderRow.get_by_id(order.id)


def form_on(page: str) -> dict[str, str]:
    """What the browser would send of a page's form as it stands."""
    body = page.split("data-price>")[1].split("</form>")[0]
    sent = {}
    for tag in re.findall(r"<input [^>]*>", body):
        said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if said["name"] == "csrf_token":
            continue
        if said.get("type") not in ("checkbox", "radio") or re.search(r"\bchecked\b", tag):
            sent[said["name"]] = said.get("value", "")
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else re.search(r'value="([^"]*)"', options)[1]  # type: ignore[index]
    for name, text in re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', body, re.S):
        sent[name] = text
    return sent


def again(workshop: Workshop, order: OrderRow, who: str = "ada", **changed: str) -> Any:
    browser, path = workshop.browser(who), f"/orders/{order.code}/reorder"
    sent = form_on(browser.see(path)) | changed
    return browser.send(path, {key: value for key, value in sent.items() if value != "-"}, on=path)


def newest(than: OrderRow) -> OrderRow:
    row: OrderRow = OrderRow.select().order_by(OrderRow.id.desc()).get()
    assert row.id != than.id
    return row


def lines_of(order: OrderRow) -> list[OrderLineRow]:
    return list(order.lines.order_by(OrderLineRow.position))


def test_everything_is_as_it_was(workshop: Workshop) -> None:
    order = order_of(
        workshop, {"quantity": 4, "colour": "Orange", "finish": "sanded", "instructions": "No seam, please."},
        {"material": "petg", "colour": "Clear"},
    )  # fmt: skip
    ada = workshop.browser("ada")
    assert f"/orders/{order.code}/reorder" in ada.see("/")
    assert f"/orders/{order.code}/reorder" in ada.see(f"/orders/{order.code}")
    page = ada.see(f"/orders/{order.code}/reorder")
    assert page.count("the same</span>") == 2
    answer = again(workshop, order)
    assert answer.status_code == 303
    fresh = newest(order)
    assert answer.headers["Location"].endswith(fresh.code)
    assert (fresh.title, fresh.delivery, fresh.stage) == ("Feet for the cabinet", "shipping", "received")
    said = [
        (one.quantity, one.material, one.colour, one.finish, one.instructions, one.file_id, one.reordered_from_id)
        for one in lines_of(fresh)
    ]
    before = lines_of(order)
    assert said == [
        (4, "pla", "Orange", "sanded", "No seam, please.", before[0].file_id, before[0].id),
        (1, "petg", "Clear", "as_made", "", before[1].file_id, before[1].id),
    ]


def test_sent_twice_it_is_one_order(workshop: Workshop) -> None:
    order = order_of(workshop, {})
    ada, path = workshop.browser("ada"), f"/orders/{order.code}/reorder"
    sent = form_on(ada.see(path))
    first, second = (ada.send(path, sent, on=path).headers["Location"] for _ in range(2))
    assert first == second
    assert OrderRow.select().count() == 2


def test_another_quantity_and_without_one_line(workshop: Workshop) -> None:
    order = order_of(workshop, {"quantity": 10}, {"quantity": 2})
    one, other = lines_of(order)
    ada, path = workshop.browser("ada"), f"/orders/{order.code}/reorder"
    sent = form_on(ada.see(path)) | {f"quantity-{one.id}": "3"}
    del sent[f"want-{other.id}"]
    answer = ada.send(path, sent, on=path, follow_redirects=True)
    assert "Ordered again, without: part-1." in answer.get_data(as_text=True)
    fresh = newest(order)
    assert [(line.quantity, line.reordered_from_id) for line in lines_of(fresh)] == [(3, one.id)]


@pytest.mark.parametrize("quantity", ["0", "", "²", "10001", "two"])
def test_a_wrong_number_loses_nothing_of_the_form(workshop: Workshop, quantity: str) -> None:
    order = order_of(workshop, {"instructions": "Keep the hole clear."})
    (line,) = lines_of(order)
    answer = again(workshop, order, **{f"quantity-{line.id}": quantity, "title": "Ten more"})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Keep the hole clear." in page
    assert 'value="Ten more"' in page
    assert f'id="quantity-{line.id}-error"' in page
    assert OrderRow.select().count() == 1


def test_a_material_that_is_gone_is_said_with_the_nearest_three(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_of(workshop, {"material": "petg", "colour": "Black", "finish": "sanded"}, {})
    offers(workshop, monkeypatch, without="petg")
    gone, kept = lines_of(order)
    page = workshop.browser("ada").see(f"/orders/{order.code}/reorder")
    assert "We do not offer PETG any more." in page
    assert re.findall(rf'name="near-{gone.id}" value="\d"[^>]*><span>([^<]+)', page) == [
        "PLA, Black, Sanded", "PLA, Black, As made", "PLA, Black, Painted",
    ]  # fmt: skip
    answer = again(workshop, order)
    assert answer.status_code == 422
    assert "Choose one of these, or untick the line." in answer.get_data(as_text=True)
    assert again(workshop, order, **{f"near-{gone.id}": "0"}).status_code == 303
    said = [(one.material, one.colour, one.finish, one.reordered_from_id) for one in lines_of(newest(order))]
    assert said == [("pla", "Black", "sanded", gone.id), ("pla", "Black", "as_made", kept.id)]


def test_something_else_than_the_nearest(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    order = order_of(workshop, {"material": "petg", "colour": "Blue"})
    offers(workshop, monkeypatch, without="petg")
    (line,) = lines_of(order)
    chosen = {
        f"near-{line.id}": "other", f"material-{line.id}": "plywood", f"colour-{line.id}": "Natural",
        f"finish-{line.id}": "as_made",
    }  # fmt: skip
    assert again(workshop, order, **{**chosen, f"colour-{line.id}": "Pink"}).status_code == 422
    assert again(workshop, order, **chosen).status_code == 303
    assert lines_of(newest(order))[0].material == "plywood"


def test_several_are_not_to_be_had_and_each_is_answered(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    order = order_of(workshop, {"material": "petg"}, {"colour": "Orange"}, {"finish": "painted"}, {})
    offers(workshop, monkeypatch, without="petg", pla={"colours": ("Black", "White"), "finishes": ("as_made",)})
    page = workshop.browser("ada").see(f"/orders/{order.code}/reorder")
    assert page.count("not possible</span>") == 3
    assert page.count("the same</span>") == 1
    assert "PLA does not come in Orange any more." in page
    assert "PLA cannot be had painted any more." in page
    assert page.count('class="card new-line again') == 4


def test_nothing_at_all_can_be_had(workshop: Workshop) -> None:
    order = order_of(workshop, {})
    (line,) = lines_of(order)
    workshop.shop.files.path(line.file.blob_id).unlink()
    page = workshop.browser("ada").see(f"/orders/{order.code}/reorder")
    assert "We do not keep its file any more." in page
    assert "1 line cannot be ordered again." in page
    assert "Left out of the new order." in page
    answer = again(workshop, order)
    assert answer.status_code == 422
    assert "Tick at least one line that can be ordered." in answer.get_data(as_text=True)


def test_a_lost_file_does_not_keep_the_others_back(workshop: Workshop) -> None:
    order = order_of(workshop, {}, {})
    lost, kept = lines_of(order)
    OrderLineRow.update(file=None).where(OrderLineRow.id == lost.id).execute()
    answer = again(workshop, order)
    assert answer.status_code == 303
    fresh = newest(order)
    assert [line.reordered_from_id for line in lines_of(fresh)] == [kept.id]
    # a form that somebody wrote by hand orders it no more than the page does
    assert again(workshop, order, **{f"want-{lost.id}": "1", f"material-{lost.id}": "pla"}).status_code == 303
    assert [line.reordered_from_id for line in lines_of(newest(fresh))] == [kept.id]


def test_a_file_that_is_refused_by_now(workshop: Workshop) -> None:
    order = order_of(workshop, {})
    DesignFileRow.update(verdict="refused", sentence="It has holes.").execute()
    page = workshop.browser("ada").see(f"/orders/{order.code}/reorder")
    assert "Nothing can be made of its file by today" in page
    assert again(workshop, order).status_code == 422


def test_the_version_that_was_made_and_not_a_newer_one(workshop: Workshop) -> None:
    order = order_of(workshop, {})
    (line,) = lines_of(order)
    OrderRow.update(stage=Stage.IN_REVIEW.value).where(OrderRow.id == order.id).execute()
    newer = DesignFileRow.get_by_id(workshop.upload("ada", "wider.stl", cube_stl(44.0)))
    workshop.run_due()
    revising.propose(workshop.shop, order.code, line.id, newer, actor=workshop.actor("ada"), at=utcnow())
    OrderRow.update(stage=Stage.COMPLETED.value).where(OrderRow.id == order.id).execute()
    page = workshop.browser("ada").see(f"/orders/{order.code}/reorder")
    assert "There is a newer version 2; you get 1." in page
    assert again(workshop, order).status_code == 303
    assert lines_of(newest(order))[0].file_id == line.file_id
    workshop.shop.files.path(line.file.blob_id).unlink()
    page = workshop.browser("ada").see(f"/orders/{order.code}/reorder")
    assert "Version 2 of the file: PLA, Black, As made" in page
    assert again(workshop, order, **{f"near-{line.id}": "0"}).status_code == 303
    assert lines_of(newest(order))[0].file_id == newer.id


def test_a_foreign_order_is_as_if_it_were_not_there(workshop: Workshop) -> None:
    order = order_of(workshop, {})
    path = f"/orders/{order.code}/reorder"
    bob = workshop.browser("bob")
    assert bob.get(path).status_code == 404
    assert bob.send(path, form_on(workshop.browser("ada").see(path)), on="/").status_code == 404
    assert workshop.browser("sam").get(path).status_code == 403
    assert workshop.browser().get(path).status_code == 303
    (line,) = lines_of(order)
    other = order_of(workshop, {})
    sent = form_on(workshop.browser("ada").see(f"/orders/{other.code}/reorder"))
    forged = {key.replace(str(lines_of(other)[0].id), str(line.id)): value for key, value in sent.items()}
    assert workshop.browser("ada").send(f"/orders/{other.code}/reorder", forged, on=path).status_code == 422


def test_for_the_company_by_whoever_buys_for_it(workshop: Workshop) -> None:
    acme = companies.found(workshop.people["ada"], "Acme Drives", "", at=utcnow())
    for role in ("buyer", "viewer", "finance"):
        workshop.people[role] = accounts.create_account(
            email=f"{role}@example.org", name=role.title(), role=Role.CUSTOMER, password=PASSWORD, at=utcnow()
        )
        CompanyMemberRow.create(company=acme, account=workshop.people[role], role=role, joined_at=utcnow())
    file = workshop.upload("ada")
    workshop.run_due()
    order = ordering.place_order(
        workshop.shop, actor=workshop.actor("ada"), customer=workshop.people["ada"],
        lines=[LineDraft(file, 2, "pla", "Black", "as_made")], delivery=Delivery.PICKUP, at=utcnow(), company=acme.id,
    )  # fmt: skip
    OrderRow.update(stage=Stage.COMPLETED.value).execute()
    assert again(workshop, order, "buyer").status_code == 303
    fresh = newest(order)
    assert (fresh.company_id, fresh.customer_id) == (acme.id, workshop.people["buyer"].id)
    path = f"/orders/{order.code}/reorder"
    for who in ("viewer", "finance"):
        browser = workshop.browser(who)
        assert browser.get(path).status_code == 409
        assert path not in browser.see("/")
        assert path not in browser.see(f"/orders/{order.code}")


def test_a_cancelled_order_and_one_that_is_being_made_say_so(workshop: Workshop) -> None:
    order = order_of(workshop, {})
    for stage, said in (
        ("cancelled", "This order was cancelled."),
        ("in_production", "This order is still being made."),
    ):
        OrderRow.update(stage=stage).execute()
        assert said in workshop.browser("ada").see(f"/orders/{order.code}/reorder")


def test_orders_that_came_by_mail_or_from_the_shop_say_so(workshop: Workshop) -> None:
    file = workshop.upload("ada")
    workshop.run_due()
    DesignFileRow.update(channel="email").execute()
    order = ordering.place_order(
        workshop.shop, actor=workshop.actor("sam"), customer=workshop.people["ada"],
        lines=[LineDraft(file, 2, "pla", "Black", "as_made")], delivery=Delivery.PICKUP, at=utcnow(),
    )  # fmt: skip
    page = workshop.browser("ada").see(f"/orders/{order.code}/reorder")
    assert "Files of it came to us by mail." in page
    assert "We placed this order for you." in page
    assert again(workshop, order).status_code == 303


@pytest.fixture
def site(workshop: Workshop) -> PaySite:
    return open_for_money(workshop)


def quoted(workshop: Workshop, order: OrderRow) -> int:
    """A quote by the price list that Ada accepted; what it came to."""
    OrderRow.update(stage=Stage.IN_REVIEW.value).where(OrderRow.id == order.id).execute()
    sam, ada, now = workshop.actor("sam"), workshop.actor("ada"), utcnow()
    draft, _prices = quote_drafts.proposed(workshop.shop, order)
    row = quoting.save_draft(workshop.shop, order.code, draft, actor=sam, at=now)
    quoting.send(workshop.shop, order.code, row.version, actor=sam, at=now)
    quoting.accept(workshop.shop, order.code, row.version, name="Ada", via="link", actor=ada, at=now)
    OrderRow.update(stage=Stage.COMPLETED.value).where(OrderRow.id == order.id).execute()
    return quoting.current(order).gross  # type: ignore[union-attr]


def test_the_previous_total_stands_beside_the_new_one(workshop: Workshop, site: PaySite) -> None:
    order = order_of(workshop, {"quantity": 4})
    quoted(workshop, order)
    ada, path = workshop.browser("ada"), f"/orders/{order.code}/reorder"
    page = ada.see(path)
    assert re.search(r"Last time it was €[\d.]+: the same now\.", page)
    assert "the same</span>" in page
    known = billing_settings(workshop.shop)
    dearer = replace(known.prices, margin=known.prices.margin + 5_000)
    save_settings(workshop.shop, replace(known, prices=dearer), actor=workshop.actor("olga"), at=utcnow())
    page = ada.see(path)
    assert re.search(r"Last time it was €[\d.]+: €[\d.]+ more now\.", page)
    assert re.search(r"It costs €[\d.]+ more than last time\.", page)
    assert "changed</span>" in page
    assert "last time €" in page
    (line,) = lines_of(order)
    sent = form_on(page) | {f"quantity-{line.id}": "1", "action": "price"}
    fewer = ada.send(path, sent, on=path, headers={"X-Fragment": "price"}).get_data(as_text=True)
    assert re.search(r"€[\d.]+ less now\.", fewer)
    assert "<html" not in fewer


def test_a_shop_that_says_nothing_of_money_says_nothing_of_it_here(workshop: Workshop, site: PaySite) -> None:
    order = order_of(workshop, {})
    quoted(workshop, order)
    known = billing_settings(workshop.shop)
    hidden = replace(known.prices, mode=PriceMode.HIDDEN)
    save_settings(workshop.shop, replace(known, prices=hidden), actor=workshop.actor("olga"), at=utcnow())
    assert "€" not in workshop.browser("ada").see(f"/orders/{order.code}/reorder")


def test_sold_at_once_at_the_price_that_she_read(workshop: Workshop, site: PaySite) -> None:
    order = order_of(workshop, {})
    known = billing_settings(workshop.shop)
    instant = replace(known.prices, mode=PriceMode.INSTANT, instant_up_to=10_000_000)
    save_settings(workshop.shop, replace(known, prices=instant), actor=workshop.actor("olga"), at=utcnow())
    assert "Order with obligation to pay" in workshop.browser("ada").see(f"/orders/{order.code}/reorder")
    assert again(workshop, order).status_code == 303
    assert quoting.current(newest(order)).decided_via == "order"  # type: ignore[union-attr]


def test_it_goes_where_it_went(workshop: Workshop) -> None:
    order = order_of(workshop, {})
    went = PostalAddress("Ada", "Am Kai 3", "Hamburg", "DE", "20457")
    with unit_of_work():
        delivering.write_address(order, went, by="Ada", at=utcnow())
    page = workshop.browser("ada").see(f"/orders/{order.code}/reorder")
    assert "Where it went last time" in page
    assert "Am Kai 3" in page
    assert again(workshop, order).status_code == 303
    assert delivering.address_of(newest(order)) == went
    answer = again(workshop, order, ship_to="another", to_line1="", to_name="Ada", to_country="DE")
    assert answer.status_code == 422
    assert "The address is not complete yet." in answer.get_data(as_text=True)
    elsewhere = {
        "to_name": "Ada",
        "to_line1": "Elbe 9",
        "to_city": "Dresden",
        "to_postcode": "01067",
        "to_country": "DE",
    }
    assert again(workshop, order, ship_to="another", **elsewhere).status_code == 303
    assert delivering.address_of(newest(order)).line1 == "Elbe 9"  # type: ignore[union-attr]


def test_its_cost_does_not_grow_with_its_lines(workshop: Workshop, site: PaySite) -> None:
    counts = []
    for lines in (1, 6):
        order = order_of(workshop, *[{"quantity": n + 1} for n in range(lines)])
        quoted(workshop, order)
        said = asked(workshop.browser("ada"), f"/orders/{order.code}/reorder")
        counts.append(len(said))
    assert counts[0] == counts[1], counts
