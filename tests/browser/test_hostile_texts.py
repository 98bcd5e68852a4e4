"""Texts that would run somewhere, in everything that takes a text, seen by everybody: they are words and nothing else."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count, cycle
from typing import Any

import pikepdf
import pytest
import time_machine
from craftops_plugins.notify_email.message import build
from playwright.sync_api import Browser as Chrome
from playwright.sync_api import BrowserContext
from samples.crawling import Crawl
from samples.hostile_texts import BEGINS, LONG, NAMES, SCRIPTS
from samples.pay_site import open_for_money
from werkzeug.serving import make_server

from craftops.errors import CraftOpsError
from craftops.sandbox import mend
from craftops.sdk.channel import Incoming, IncomingFile, Turned
from craftops.sdk.notification import Notice, NotificationChannel
from craftops.services.files import receiving
from craftops.services.messages import canned, conversation, mail_intake, notes, questions, reply_tokens
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import sharing
from craftops.services.people import companies
from craftops.services.shop.profile import save_profile
from craftops.store.database import close_database, connected, utcnow
from craftops.store.models import AccountRow, AddressRow, HeldMailRow, MessageRow, OrderLineRow, OrderRow
from craftops.testing import Workshop
from craftops.testing.workshop import PASSWORD, cube_stl
from craftops.web.messages.mail import make_renderer

pytestmark = [pytest.mark.browser, pytest.mark.ci, pytest.mark.long]
WATCH = """
window.ran = []; window.pwned = one => window.ran.push(one); window.refused = [];
document.addEventListener('securitypolicyviolation', e => window.refused.push(e.violatedDirective + ' ' + e.blockedURI));
"""
MADE = {
    "from", "to", "subject", "date", "message-id", "mime-version", "content-type", "reply-to", "references", "in-reply-to",
    "auto-submitted", "x-auto-response-suppress", "list-unsubscribe", "list-unsubscribe-post", "x-craftops",
    "content-transfer-encoding", "content-disposition", "content-id",
}  # fmt: skip
BAD_KEYS = {"/JavaScript", "/JS", "/OpenAction", "/AA", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/RichMedia"}


class Keeps(NotificationChannel):
    name = "keeps"
    reaches_person = True

    def __init__(self) -> None:
        self.sent: list[Notice] = []

    @property
    def ready(self) -> bool:
        return True

    def send(self, notice: Notice) -> None:
        self.sent.append(notice)


class Poisoned:
    """A shop in which every text that somebody could write is one of these."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.names = cycle(NAMES)
        self.tokens = count(1)
        self.post = Keeps()
        open_for_money(workshop)
        workshop.worker.render = make_renderer(workshop.app)
        workshop.shop.plugins.notification_channels = (self.post,)
        self.people()
        self.orders = [self.order() for _ in range(6)]
        workshop.run_due()
        for order in self.orders:
            self.talk(order)
        self.mails(self.orders[0])
        self.floor()
        for minutes in (0, 3, 70):
            with time_machine.travel(utcnow() + timedelta(minutes=minutes)):
                workshop.run_due()

    def name(self, most: int = 200) -> str:
        return next(self.names)[:most]

    def people(self) -> None:
        """Names, telephone numbers, addresses, a company: by the forms, so far as those take them."""
        ada = self.workshop.browser("ada")
        ada.send("/account/name", {"name": self.name(), "phone": self.name(30)}, on="/account")
        for _ in range(4):
            form = {
                one: self.name(60)
                for one in ("name", "company", "line1", "line2", "city", "postcode", "phone", "region")
            }
            ada.send("/account/addresses", {**form, "country": "DE"}, on="/account/addresses")
        ada.send("/companies", {"name": NAMES[1], "vat_id": ""}, on="/companies")
        ada_id = self.workshop.people["ada"].id
        for number, text in enumerate(NAMES):  # also those that no form would take: programs write names too
            made = AccountRow.create(email=f"n{number}@example.org", name=text, role="customer", created_at=utcnow())
            AddressRow.insert(
                account=made.id, name=text, line1=text, city=text, postcode="1", country="DE", created_at=utcnow()
            ).on_conflict_ignore().execute()
        AccountRow.update(name=NAMES[0], phone=NAMES[4]).where(AccountRow.id == ada_id).execute()
        self.workshop.people["ada"] = AccountRow.get_by_id(ada_id)

    def order(self) -> OrderRow:
        order = self.workshop.place("ada", instructions=LONG[:900])
        OrderRow.update(title=self.name(), po_number=self.name(60)).where(OrderRow.id == order.id).execute()
        OrderLineRow.update(title=self.name(100)).where(OrderLineRow.order == order.id).execute()
        found: OrderRow = OrderRow.get_by_id(order.id)
        return found

    def talk(self, order: OrderRow) -> None:
        shop, at = self.workshop.shop, utcnow()
        for who in ("ada", "sam"):
            files = (self.workshop.upload("ada", f"{self.name(80)}.stl", cube_stl(10 + next(self.tokens))),)
            said = MessageText(LONG.replace("{", "("), files, token=f"x{next(self.tokens)}")
            conversation.post(shop, order.code, said, actor=self.workshop.actor(who), at=at)
        conversation.save_draft(order.code, LONG, actor=self.workshop.actor("ada"), at=at)
        conversation.save_draft(order.code, LONG, actor=self.workshop.actor("sam"), at=at)
        notes.write(order.code, LONG, token=f"n{order.id}", actor=self.workshop.actor("sam"), at=at)
        questions.ask(
            shop, order.code, "choose", LONG[:900], [self.name(70), f"{self.name(60)} 2"], due_at=None, holds=False,
            token=f"q{order.id}", actor=self.workshop.actor("sam"), at=at,
        )  # fmt: skip
        self.link = sharing.share(shop, order.code, self.name(80), "", actor=self.workshop.actor("ada"), at=at)

    def mails(self, order: OrderRow) -> None:
        """Answers, an absence note and a mail that is held, each with hostile headers, words, HTML and file names."""
        token = reply_tokens.token_for(order.id, self.workshop.people["ada"].id, at=utcnow())
        for number, (to, sender) in enumerate((
            (f"reply+{token}@werk.example", "ada@example.org"), ("shop@werk.example", "eve@example.net"),
            (f"reply+{token}@werk.example", "carl@example.net"), (f"reply+{token}@werk.example", "ada@example.org"),
        )):  # fmt: skip
            mail = EmailMessage()
            line = " ".join(SCRIPTS[number].split())
            mail["From"], mail["To"], mail["Subject"] = f'"{line.replace(chr(34), "")}" <{sender}>', to, line
            if number == 3:
                mail["Auto-Submitted"] = "auto-replied"
            mail.set_content(f"{LONG}\n\n> {LONG}")
            mail.add_alternative("".join(f"<p>{one}</p>" for one in SCRIPTS), subtype="html")
            if number != 1:
                mail.add_attachment(cube_stl(33), maintype="model", subtype="stl", filename=f"{SCRIPTS[1]}.stl")
            assert mail_intake.take(self.workshop.shop, mail.as_bytes(), f"email:h{number}", mend, at=utcnow())
        assert HeldMailRow.select().count() == 2
        for number, script in enumerate(SCRIPTS):
            part = IncomingFile(f"{script}.stl", lambda: io.BytesIO(cube_stl(44)))
            told = Incoming(f"i{number}", f"eve{number}@example.net", script, (part,), (Turned(script, script),))
            receiving.receive(self.workshop.shop, "email", told, utcnow())

    def floor(self) -> None:
        """What people of the shop write."""
        olga, at = self.workshop.actor("olga"), utcnow()
        for text in NAMES[:4]:
            with suppress(CraftOpsError):
                canned.save("", text[:90], LONG.replace("{", "("), "", actor=olga, at=at)
        machine = self.workshop.browser("olga")
        self.workshop.machine("printer-1")
        machine.send("/staff/machines/printer-1/edit", {"name": NAMES[0]}, on="/staff/machines/printer-1")
        profile = self.workshop.shop.profile()
        spoiled = replace(profile, name=NAMES[0], tagline=NAMES[1], address=(NAMES[2], NAMES[3]), phone=NAMES[1])
        with suppress(CraftOpsError):
            save_profile(self.workshop.shop, spoiled, actor=olga, at=at)

    def guest_page(self) -> str:
        return f"/t/{sharing.token_of(self.workshop.shop, self.link)}"


@pytest.fixture
def poisoned(make_workshop: Callable[..., Workshop]) -> Poisoned:
    workshop = make_workshop('[mail]\nreply_address = "reply+{token}@werk.example"\n')
    workshop.open(workshop.shop.profile())
    return Poisoned(workshop)


@contextmanager
def served(workshop: Workshop) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, workshop.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def watched(chrome: Chrome, told: list[str], base: str) -> BrowserContext:
    context = chrome.new_context(reduced_motion="reduce")
    context.add_init_script(WATCH)

    def asked(request: Any) -> None:
        if not request.url.startswith((base, "data:", "about:", "blob:")):
            told.append(f"asked {request.url}")

    context.on("request", asked)
    context.on("dialog", lambda dialog: (told.append(f"dialog {dialog.message}"), dialog.dismiss()))
    return context


PAGES_EACH = 45
"""Pages that Chromium opens for each reader, evenly among all that the crawl has found and read itself."""


def look(context: BrowserContext, base: str, paths: list[str], told: list[str]) -> None:
    page = context.new_page()
    page.on("console", lambda said: told.append(said.text) if "Content Security Policy" in said.text else None)
    for path in paths:
        page.goto(base + path, wait_until="load")
        for one in ("ran", "refused"):
            if found := page.evaluate(f"window.{one} || []"):
                told.append(f"{path}: {one} {found}")
    page.close()


def test_in_pages_of_customers_staff_and_guests_nothing_runs(poisoned: Poisoned, chrome: Chrome) -> None:
    told: list[str] = []
    seen = 0
    workshop = poisoned.workshop
    with connected():
        walks = {}
        for who, begin in (("ada", ("/",)), ("olga", ("/staff/", "/staff/settings", "/staff/messages/held"))):
            walk = Crawl(workshop.browser(who), workshop.app)
            walk.walk(*begin)
            walks[who] = walk
        guest = poisoned.guest_page()
        assert workshop.browser().get(guest).status_code == 200
    close_database()
    with served(workshop) as base:
        for who, walk in walks.items():
            context = watched(chrome, told, base)
            page = context.new_page()
            page.goto(f"{base}/sign-in")
            page.fill("#email", f"{who}@example.org")
            page.fill("#password", PASSWORD)
            page.click("button.primary")
            page.wait_for_url(lambda url: "/sign-in" not in url)
            page.close()
            shown = walk.pages[:: max(1, len(walk.pages) // PAGES_EACH)]
            look(context, base, shown, told)
            seen += len(shown)
            context.close()
        context = watched(chrome, told, base)
        look(context, base, [guest, "/sign-in", "/lost"], told)
        context.close()
    assert told == []
    assert seen >= 60
    texts = {who: len([one for one in walk.pages if one]) for who, walk in walks.items()}
    assert all(texts.values())

    # What is no page: no cell of a table is a formula, no header was written by a stranger, no file is shown in place.
    tables = 0
    for walk in walks.values():
        for path, kind, content, headers in walk.others:
            assert not {name.lower() for name, _value in headers} & {"x-injected", "bcc"}, path
            if "csv" in kind:
                tables += 1
                for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
                    for cell in row:
                        assert not cell.startswith(BEGINS) or _is_number(cell), (path, cell)
            elif "pdf" in kind:
                harmless_paper(content)
    assert tables >= 1


def _is_number(cell: str) -> bool:
    return cell.lstrip("+-").replace(".", "").replace(",", "").replace(":", "").isdigit()


def harmless_paper(content: bytes) -> None:
    with pikepdf.open(io.BytesIO(content)) as paper:
        for one in paper.objects:
            keys = set(one.keys()) if isinstance(one, (pikepdf.Dictionary, pikepdf.Stream)) else set()
            assert not keys & BAD_KEYS
            assert "evil.example" not in (str(one.get("/URI", "")) if keys else "")


def test_in_mails_nothing_runs_and_no_header_is_a_strangers(poisoned: Poisoned, chrome: Chrome) -> None:
    assert len(poisoned.post.sent) >= 8
    told: list[str] = []
    context = watched(chrome, told, "data:")
    page = context.new_page()
    for notice in poisoned.post.sent:
        raw = build(notice, "shop@werk.example").as_bytes()
        mail = message_from_bytes(raw, policy=policy.default)
        assert {name.lower() for name in mail} <= MADE, sorted(mail.keys())
        for name in ("To", "From", "Subject", "Message-ID"):
            assert len(mail.get_all(name) or []) == 1, name
        assert [one.addr_spec for one in mail["To"].addresses] == [notice.to_address]
        assert [one.addr_spec for one in mail["From"].addresses] == ["shop@werk.example"]
        assert "\n" not in mail["Subject"]
        page.set_content(notice.html, wait_until="load")
        if ran := page.evaluate("(window.ran || []).concat(window.refused || [])"):
            told.append(f"{notice.subject}: {ran}")
    context.close()
    assert told == []
    kinds = {one.key.split(":")[0] for one in poisoned.post.sent}
    assert {"message", "customer_wrote"} & kinds


def test_programs_get_words_as_words(poisoned: Poisoned) -> None:
    """The words themselves are all still there: nothing was made harmless by taking it away."""
    said = MessageRow.select().where(MessageRow.via == "portal").order_by(MessageRow.id).first()
    for script in SCRIPTS[:8]:
        assert " ".join(script.split()) in " ".join(said.body.split())
    page = poisoned.workshop.browser("ada").see(f"/orders/{poisoned.orders[0].code}")
    assert "&lt;script&gt;pwned(1)&lt;/script&gt;" in page
    assert "<script>pwned" not in page
    assert "onerror=pwned(2)>" not in page.replace("&#34;&gt;&lt;img src=x onerror=pwned(2)&gt;", "")
    assert companies.memberships_of(poisoned.workshop.people["ada"].id)
