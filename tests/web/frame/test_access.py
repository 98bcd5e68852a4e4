"""Every route, tried by everybody who must not: generated from the URL map, so that a new route cannot be forgotten."""

from __future__ import annotations

import io
from typing import Any

import pytest
from samples.pictures import jpeg
from werkzeug.routing import Rule

from craftops.app import access
from craftops.sdk.channel import Incoming, IncomingFile
from craftops.services.files import photos, receiving, uploading
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.services.schedule import capabilities
from craftops.store.database import utcnow
from craftops.store.models import AttachmentRow, IncomingRow
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl
from craftops.web.frame.security import CUSTOMER, PUBLIC, SETUP, STAFF, TOKEN, VISITOR

rule_of = access().rule_of
SAFE = ("GET", "HEAD", "OPTIONS")
ONE_CLICK = ("unsubscribe.end", "webhooks.hook", "carrier_words.carrier_word")
"""Programs post here without a page before: the address or a signature is the proof, and can do one small thing only."""
WRITING = ("POST", "PUT", "PATCH", "DELETE")


def filled(rule: Rule, values: dict[str, Any]) -> str:
    path = rule.rule
    for name in rule.arguments:
        converter = next(part for part in path.split("<") if part.split(">")[0].endswith(name)).split(">")[0]
        path = path.replace(f"<{converter}>", str(values[name]))
    return path


@pytest.fixture
def things(workshop: Workshop) -> dict[str, Any]:
    """One of everything, all of it Ada's or the shop's."""
    workshop.machine("printer-1")
    order = workshop.place("ada")
    job = workshop.accept(order, "printer-1")
    upload = uploading.begin(workshop.shop, "next.stl", 5, owner=workshop.people["ada"], at=utcnow())
    part = IncomingFile("part.stl", lambda: io.BytesIO(cube_stl()))
    receiving.receive(workshop.shop, "email", Incoming("1", "eve@example.net", "Hello", (part,)), utcnow())
    capabilities.add_block(
        workshop.shop, "printer-1", start=utcnow(), end=None, reason="oil", actor=workshop.actor("sam"), at=utcnow()
    )
    photo = photos.upload(
        workshop.shop, order.code, io.BytesIO(jpeg()), "On the bed", actor=workshop.actor("sam"), at=utcnow()
    )
    sent = conversation.post(
        workshop.shop, order.code, MessageText("Hello", (order.lines[0].file_id,)), actor=workshop.actor("ada"),
        at=utcnow(),
    )  # fmt: skip
    attached = AttachmentRow.get(AttachmentRow.message == sent.id)
    return {
        "attachment_id": attached.id, "held_id": 1, "question_id": 1, "code": order.code, "file_id": order.lines[0].file_id, "key": "printer-1", "job_id": job.id, "operation_id": 1,
        "account_id": workshop.people["ada"].id, "sha": "0" * 64, "token": "x" * 43, "name": "workshop", "file": "x.css",
        "filename": "css/base.css", "line_id": order.lines[0].id, "upload": upload.key,
        "transfer_id": 1, "event_id": 1, "version": 1, "payment": 1, "payment_id": 1, "customer_id": workshop.people["ada"].id, "number": "R-2026-0001", "provider": "account",
        "incoming_id": IncomingRow.get().id, "block_id": 1, "change_id": 1, "photo_id": photo.id, "link_id": 1, "first_id": 1, "company_id": 1, "address_id": 1, "member_id": 1, "invitation_id": 1,
        "parcel_id": 1, "label_id": 1, "kind": "pdf", "problem_id": 1, "pickup_id": 1, "pass_id": 1, "withdrawal_id": 1, "carrier": "paper", "plugin": "bench", "page": "queue", "endpoint_id": 1, "delivery_id": 1, "proposal_key": "x" * 22,
    }  # fmt: skip


def routes(workshop: Workshop) -> list[tuple[Rule, str]]:
    return [
        (rule, method)
        for rule in workshop.app.url_map.iter_rules()
        for method in sorted(rule.methods - ({"HEAD", "OPTIONS"} if "GET" in rule.methods else {"OPTIONS"}))
    ]


def test_every_route_has_a_rule(workshop: Workshop) -> None:
    without = [rule.endpoint for rule, _ in routes(workshop) if rule_of(rule.endpoint) is None]
    assert without == []
    assert set(access().rules.values()) == {PUBLIC, CUSTOMER, VISITOR, STAFF, TOKEN, SETUP}


def test_a_visitor_reaches_nothing_but_what_is_public(workshop: Workshop, things: dict[str, Any]) -> None:
    for rule, method in routes(workshop):
        if rule_of(rule.endpoint) == PUBLIC:
            continue
        answer = workshop.app.test_client().open(filled(rule, things), method=method)
        signed_in_first = answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in?next=")
        refused = answer.status_code in (400, 401, 404) and things["code"].encode() not in answer.data
        assert signed_in_first or refused, f"{method} {rule.rule}: {answer.status_code}"


def test_a_foreign_customer_reaches_nothing_of_adas_or_the_shops(workshop: Workshop, things: dict[str, Any]) -> None:
    bob = workshop.browser("bob")
    token = bob.see("/").split('name="csrf-token" content="')[1].split('"')[0]
    for rule, method in routes(workshop):
        kind = rule_of(rule.endpoint)
        theirs = kind == STAFF or (
            kind in (CUSTOMER, VISITOR) and rule.arguments & {"code", "file_id", "upload", "company_id", "address_id"}
        )
        if not theirs or kind == TOKEN:
            continue
        answer = bob.client.open(
            filled(rule, things), method=method, data={"csrf_token": token} if method in WRITING else None
        )
        assert answer.status_code == 404, f"{method} {rule.rule}: {answer.status_code}"
        assert things["code"].encode() not in answer.data
    assert workshop.browser("ada").get(f"/orders/{things['code']}").status_code == 200


def test_a_forged_form_does_nothing_whoever_is_signed_in(workshop: Workshop, things: dict[str, Any]) -> None:
    for who in ("ada", "sam", "olga"):
        browser = workshop.browser(who)
        for rule, method in routes(workshop):
            if method not in WRITING or rule_of(rule.endpoint) == TOKEN or rule.endpoint in ONE_CLICK:
                continue
            for data in ({}, {"csrf_token": "forged"}):
                answer = browser.client.open(filled(rule, things), method=method, data=data)
                assert answer.status_code == 400, f"{who} {method} {rule.rule}: {answer.status_code}"


def test_staff_who_do_not_own_the_shop_cannot_change_it(workshop: Workshop) -> None:
    sam = workshop.browser("sam")
    assert sam.get("/staff/settings").status_code == 403
    assert sam.send("/staff/settings", {"name": "Mine"}, on="/staff/").status_code == 403
    assert workshop.shop.profile().name == "Testwerk"


def test_the_wizard_is_closed_for_good(workshop: Workshop) -> None:
    for who in ("", "ada", "sam", "olga"):
        assert workshop.browser(who).get("/setup").status_code in (403, 404)


def test_every_page_is_hardened(workshop: Workshop, things: dict[str, Any]) -> None:
    pages = {
        "": ["/sign-in", "/nothing"],
        "ada": ["/", "/orders/new", f"/orders/{things['code']}"],
        "sam": ["/staff/", "/staff/board"],
    }
    for who, paths in pages.items():
        browser = workshop.browser(who)
        for path in paths:
            headers = browser.get(path).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cache-Control"] == "no-store"
            assert headers["Referrer-Policy"] == "same-origin"
            assert "frame-ancestors 'none'" in policy


def test_nobody_is_traced(workshop: Workshop) -> None:
    for path in ("/", "/sign-in", "/static/css/base.css", "/nothing"):
        assert workshop.app.test_client().open(path, method="TRACE").status_code in (404, 405), path


def test_pages_have_nothing_inline_and_nothing_from_elsewhere(workshop: Workshop, things: dict[str, Any]) -> None:
    paths = {
        "": ["/sign-in", "/lost-link", "/first-order"],
        "ada": [
            "/history", f"/orders/{things['code']}/reorder", "/companies", "/account", "/account/calendar", "/account/addresses", f"/orders/{things['code']}/links", "/", "/orders/new", f"/orders/{things['code']}", f"/orders/{things['code']}/photos/{things['photo_id']}",
            "/history", f"/orders/{things['code']}/reorder", "/companies", "/account", "/account/sign-in", "/account/addresses", f"/orders/{things['code']}/links", "/", "/orders/new", f"/orders/{things['code']}", f"/orders/{things['code']}/photos/{things['photo_id']}",
        ],
        "olga": [
            "/staff/history", "/staff/", f"/staff/orders/{things['code']}/links", "/staff/board", "/staff/orders", f"/staff/orders/{things['code']}", "/staff/machines",
            "/staff/machines/printer-1", "/staff/machines/new", "/staff/machines/printer-1/hand",
            "/staff/machines/printer-1/sign", "/staff/customers", "/staff/settings", "/staff/settings/hours", "/staff/settings/mail", "/staff/settings/catalogue", "/staff/settings/catalogue/material?name=pla", "/staff/settings/catalogue/import", "/staff/settings/connections", "/staff/settings/connections/plugin?name=machine_simulated", "/staff/settings/rules", "/staff/settings/team", "/staff/settings/tokens", "/staff/settings/webhooks", "/staff/assistant", "/staff/settings/broker", "/staff/plugins", "/staff/plugins/notify_email",
            "/staff/machines/printer-1/sign", "/staff/customers", "/staff/settings", "/staff/settings/hours", "/staff/settings/mail", "/staff/settings/catalogue", "/staff/settings/catalogue/material?name=pla", "/staff/settings/catalogue/import", "/staff/settings/connections", "/staff/settings/connections/plugin?name=machine_simulated", "/staff/settings/rules", "/staff/settings/team", "/staff/settings/audit", "/staff/settings/tokens", "/staff/settings/broker", "/staff/plugins", "/staff/plugins/notify_email",
            f"/staff/incoming/{things['incoming_id']}", "/staff/schedule", "/staff/schedule?scale=week",
            f"/staff/schedule/jobs/{things['job_id']}?to=/", "/staff/schedule/proposal?all=1",
        ],
    }  # fmt: skip
    for who, pages in paths.items():
        browser = workshop.browser(who)
        for path in pages:
            page = browser.see(path)
            assert " style=" not in page
            assert "<style" not in page
            assert " onclick" not in page
            assert "<script>" not in page
            assert "//cdn" not in page


def test_a_download_is_an_inert_attachment(workshop: Workshop, things: dict[str, Any]) -> None:
    answer = workshop.browser("ada").get(f"/files/{things['file_id']}/download")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.mimetype == "application/octet-stream"


FOUND = {"static", "signin.sign_in", "pickup.place", "first.start"}
"""What a stranger may find by a search engine: nothing of anybody's."""


def test_search_engines_are_kept_out_of_all_but_what_strangers_look_for(
    workshop: Workshop, things: dict[str, Any]
) -> None:
    nobody, sam = workshop.browser().client, workshop.browser("sam").client
    for rule, path in routes(workshop):
        if "GET" not in (rule.methods or ()) or rule.arguments - things.keys():
            continue
        for client in (nobody, sam):
            answer = client.get(filled(rule, things), buffered=False)
            assert ("X-Robots-Tag" not in answer.headers) == (rule.endpoint in FOUND), path
            answer.close()
    assert "noindex" in nobody.get("/nothing-here").headers["X-Robots-Tag"]
