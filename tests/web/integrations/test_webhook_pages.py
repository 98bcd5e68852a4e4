"""The owner's pages of webhooks: added, guarded, tested, read, given another secret, removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from samples.hook_desk import HookDesk
from standardwebhooks import Webhook

from craftops.errors import IntakeError, Refused
from craftops.sdk.outside import MachineSession
from craftops.sdk.outside_address import is_inside
from craftops.services.integrations.endpoints import check_url
from craftops.store.models import WebhookDeliveryRow, WebhookEndpointRow
from craftops.testing import Workshop

PLACE = "/staff/settings/webhooks"
SECRET = re.compile(r"whsec_[\w+/=]+")


@pytest.fixture
def desk() -> Iterator[HookDesk]:
    made = HookDesk()
    yield made
    made.close()


def test_the_owner_adds_tests_and_reads(workshop: Workshop, desk: HookDesk) -> None:
    olga = workshop.browser("olga")
    form = {"url": desk.address, "title": "ERP", "kinds": ["order.created"], "inside": "on"}
    made = olga.send(PLACE, form, on=PLACE)
    assert made.status_code == 303
    page = made.headers["Location"]
    shown = olga.see(page)
    secret = SECRET.search(shown)
    assert secret is not None
    assert secret[0] not in olga.see(page), "shown once"
    sent = olga.send(f"{page}/do", {"do": "test"}, on=page)
    assert "on its way" in olga.see(sent.headers["Location"])
    desk.said = b"<script>alert(1)</script> INSIDE"
    workshop.run_due()
    assert Webhook(secret[0]).verify(desk.bodies[0], desk.headers[0])["type"] == "webhook.test"
    log = olga.see(sent.headers["Location"])
    assert "HTTP 200" in log
    assert WebhookDeliveryRow.get().message_id in log
    assert "INSIDE" not in log, "what answers in the shop's own network is not shown"
    assert secret[0] not in log
    again = olga.send(f"{page}/do", {"do": "again", "delivery": "1"}, on=page)
    assert again.status_code == 303
    workshop.run_due()
    assert desk.headers[0]["webhook-id"] == desk.headers[1]["webhook-id"]
    olga.send(f"{page}/do", {"do": "secret"}, on=page)
    assert SECRET.search(olga.see(page))
    assert "End the old secret now" in olga.see(page)
    olga.send(f"{page}/do", {"do": "off"}, on=page)
    olga.send(f"{page}/do", {"do": "test"}, on=page)
    assert "This endpoint is switched off." in olga.see(page)
    assert olga.send(page, {**form, "kinds": [], "url": "https://kept.example/x"}, on=page).status_code == 422
    assert olga.send(page, {**form, "title": "Books"}, on=page).status_code == 303
    assert "Books" in olga.see(PLACE)
    olga.send(f"{page}/do", {"do": "remove"}, on=page)
    assert olga.get(page).status_code in (403, 404)
    assert not WebhookEndpointRow.select().exists()


def test_what_was_typed_is_kept_and_told_where_it_is_wrong(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    wrong = olga.send(PLACE, {"url": "http://10.0.0.5/hook", "title": "Mine", "kinds": ["order.created"]}, on=PLACE)
    text = wrong.get_data(as_text=True)
    assert wrong.status_code == 422
    assert "http://10.0.0.5/hook" in text
    assert "Tick that below" in text
    assert workshop.browser("sam").get(PLACE).status_code == 403


def test_answers_from_the_internet_are_shown_as_text(workshop: Workshop, desk: HookDesk) -> None:
    """As if the desk stood outside: its endpoint is called inside, and its answers are kept."""
    olga = workshop.browser("olga")
    form = {"url": desk.address, "kinds": ["order.created"], "inside": "on"}
    page = olga.send(PLACE, form, on=PLACE).headers["Location"]
    sent = olga.send(f"{page}/do", {"do": "test"}, on=page).headers["Location"]
    workshop.run_due()
    WebhookDeliveryRow.get().tries.get().__class__.update(answer="<script>alert(1)</script>\x1b[0m").execute()
    assert "&lt;script&gt;alert(1)" in olga.see(sent)


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org/x", "ftp://example.org/x", "http://example.org/x", "https://user:pw@example.org/x", "https://example.org/#x",
        "https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x", "https://10.1.2.3/x", "https://192.168.1.5:8443/x", "https://shop.local/x",
        "https://169.254.169.254/latest", "https://[fd00:ec2::254]/", "https://100.100.100.200/", "https://[::ffff:10.0.0.1]/", "https://0.0.0.0/",
        "https://exa mple.org/", "https://example.org/\u00e4", "https://example.org:0/", "https://" + "x" * 600,
    ],
)  # fmt: skip
def test_addresses_that_are_not_taken(url: str) -> None:
    with pytest.raises(IntakeError) as caught:
        check_url(url, inside=False)
    assert caught.value.fields["url"]


@pytest.mark.parametrize("url", ["https://169.254.169.254/latest", "https://[fe80::1]/", "http://0.0.0.0:80/"])
def test_addresses_that_nobody_may_allow(url: str) -> None:
    with pytest.raises(IntakeError):
        check_url(url, inside=True)


@pytest.mark.parametrize(
    "url", ["https://example.org/hooks/a?key=1", "https://example.org/", "https://example.org:8443/x"]
)
def test_addresses_that_are_taken_stay_as_they_are(url: str) -> None:
    assert check_url(url, inside=False) == url
    assert check_url("http://10.0.0.5:8080/hook", inside=True) == "http://10.0.0.5:8080/hook"


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("8.8.8.8", False), ("2606:4700::1111", False), ("example.org", False), ("127.0.0.1", True), ("10.0.0.1", True), ("::1", True),
        ("::ffff:192.168.0.1", True), ("64:ff9b::a00:1", True), ("64:ff9b::808:808", False), ("2002:a00:1::", True), ("2001:0:1::1", True),
        ("fd12::1", True), ("100.64.0.1", True), ("224.0.0.1", True),
    ],
)  # fmt: skip
def test_what_stands_inside(address: str, inside: bool) -> None:
    assert is_inside(address) is inside


def test_a_name_that_leads_inside_is_refused_where_it_leads_to(desk: HookDesk) -> None:
    """Names are looked up when the call is made, whatever they meant when the address was checked."""
    named = desk.address.replace("127.0.0.1", "localhost")
    with closing(MachineSession(public_only=True)) as session, pytest.raises(Refused, match="network of your own"):
        session.request("POST", named, data=b"x")
    with closing(MachineSession()) as session:
        assert session.request("POST", named, data=b"x").ok
    assert len(desk.bodies) == 1
