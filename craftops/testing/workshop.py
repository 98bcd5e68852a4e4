"""A whole shop for a test: real database, real files, real app; only the network is left out."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from craftops.app import app_for, duties
from craftops.domain.files.designs import Analysis, MeshFacts, Verdict
from craftops.domain.machines.readings import ProcessKind, Reading
from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import SYSTEM, Actor, Role
from craftops.domain.shop.profile import ShopProfile
from craftops.sandbox import mend
from craftops.sdk import mqtt_contract
from craftops.sdk.machine import Rejected
from craftops.sdk.notification import Notice
from craftops.services.files import intake
from craftops.services.machines import progressing, registry, reporting
from craftops.services.messages.delivery import NoticeDraft
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.people import accounts
from craftops.services.production import queueing
from craftops.services.shop.context import Shop
from craftops.services.shop.profile import save_profile
from craftops.store.database import utcnow
from craftops.store.doorbell import Doorbell, bell_folder
from craftops.store.models import AccountRow, DesignFileRow, JobRow, MachineRow, OrderRow
from craftops.tasks.worker import Worker
from craftops.testing.tus import TOKEN, TusClient
from craftops.web.frame.live import stream

PASSWORD = "correct horse battery"
MEASURED = Analysis(
    Verdict.ACCEPTED, "good", "Looks good: a closed shape that can be made.",
    MeshFacts(12, 1, (20.0, 20.0, 20.0), 2400.0, 8000.0, True),
)  # fmt: skip


def cube_stl(side: float = 20.0) -> bytes:
    """A cube as binary STL, ``side`` in mm."""
    corners = [(x, y, z) for x in (0, side) for y in (0, side) for z in (0, side)]
    quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    triangles = [tri for a, b, c, d in quads for tri in ((a, b, c), (a, c, d))]
    body = b"".join(
        struct.pack("<12fH", 0, 0, 0, *(value for corner in tri for value in corners[corner]), 0) for tri in triangles
    )
    return bytes(80) + struct.pack("<I", len(triangles)) + body


class Browser:
    """Somebody's browser: keeps cookies, sends the token of the page that a form is on."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def see(self, path: str) -> str:
        """The text of a page that must be there."""
        answer = self.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.get_data(as_text=True)

    def send(self, path: str, data: dict[str, Any] | None = None, *, on: str = "", **options: Any) -> TestResponse:
        """Send a form to ``path`` as the page ``on`` would."""
        page = self.client.get(on or "/", follow_redirects=True).get_data(as_text=True)
        found = TOKEN.search(page)
        values = {"csrf_token": found[1] if found else "", **(data or {})}
        return self.client.post(path, data=values, **options)

    def drop(self, name: str, content: bytes) -> TestResponse:
        """Drop a file on the new-order form: the refusal, or the line that comes back."""
        tus = TusClient(self.client)
        begun = tus.announce(len(content), name)
        if begun.status_code != 201:
            return begun
        sent = tus.piece(begun.headers["Location"], 0, content)
        return sent if sent.status_code != 204 else self.client.get(f"{begun.headers['Location']}/line")

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        return self.send("/sign-in", {"email": email, "password": password}, on="/sign-in")


@dataclass
class Workshop:
    """The shop and everything that a story needs to happen in it."""

    shop: Shop
    site: Flask | None = None
    """Its application, where there is one already."""
    people: dict[str, AccountRow] = field(default_factory=dict)
    outbox: list[NoticeDraft] = field(default_factory=list)
    """Notices that were rendered, in order."""
    analysis: Analysis = MEASURED
    """What the sandbox would say; tests of the real one ask it themselves."""

    def __post_init__(self) -> None:
        self.bell = Doorbell(bell_folder(self.shop.config.data), "test")
        self.worker = Worker(self.shop, self.bell, duties(), analyse=self._analyse, mend=mend, render=self._render)

    @property
    def app(self) -> Flask:
        """The application, made for the first who asks for it: a shop whose machines talk needs none."""
        if self.site is None:
            self.site = app_for(self.shop)
            self.site.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
        return self.site

    def _analyse(self, _analyzer: str, _path: Path, _name: str) -> Analysis:
        return self.analysis

    def _render(self, draft: NoticeDraft) -> Notice:
        self.outbox.append(draft)
        address, name = draft.account.email, draft.account.name
        return Notice(draft.key, address, name, "Shop", draft.kind, draft.kind, "")

    def open(self, profile: ShopProfile) -> None:
        """Set the shop up, with an owner, staff and two customers."""
        at = utcnow()
        save_profile(self.shop, profile, actor=SYSTEM, at=at, set_up=True)
        for name, role in (
            ("olga", Role.OWNER), ("sam", Role.STAFF), ("ada", Role.CUSTOMER), ("bob", Role.CUSTOMER),
        ):  # fmt: skip
            self.people[name] = accounts.create_account(
                email=f"{name}@example.org", name=name.title(), role=role, password=PASSWORD, at=at
            )

    def actor(self, who: str) -> Actor:
        return accounts.actor_of(self.people[who])

    def browser(self, who: str = "") -> Browser:
        """A browser; signed in as ``who``, if somebody is named."""
        browser = Browser(self.app.test_client())
        if who:
            assert browser.sign_in(f"{who}@example.org").status_code == 303
        return browser

    def sender(self, who: str = "ada") -> TusClient:
        """Somebody's browser, sending files in pieces."""
        return TusClient(self.browser(who).client)

    def drafts(self) -> list[str]:
        """Names of the files that are on their way, as they lie in the file store."""
        return sorted(path.name for path in self.shop.files.drafts.glob("*"))

    def content(self, file_id: int) -> bytes:
        """What a file holds."""
        return self.shop.files.path(DesignFileRow.get_by_id(file_id).blob_id).read_bytes()

    def upload(self, who: str = "ada", name: str = "bracket.stl", content: bytes | None = None) -> int:
        row = intake.take_file(
            self.shop, io.BytesIO(cube_stl() if content is None else content), name, owner=self.people[who], at=utcnow()
        )
        return int(row.id)

    def place(self, who: str = "ada", *, at: datetime | None = None, quantity: int = 1, **more: Any) -> OrderRow:
        """An order with one measured file."""
        file_id = self.upload(who)
        self.run_due()
        line = {"material": "pla", "colour": "Black", "finish": "as_made", **more}
        return ordering.place_order(
            self.shop, actor=self.actor(who), customer=self.people[who], lines=[LineDraft(file_id, quantity, **line)],
            delivery=Delivery.PICKUP, at=at or utcnow(),
        )  # fmt: skip

    def machine(self, key: str = "printer-1", driver: str = "mqtt", process: str = "fdm") -> str:
        """A machine, and its password."""
        _row, secret = registry.add_machine(
            self.shop, key=key, name=key.title(), driver=driver, process=ProcessKind(process), actor=self.actor("sam"),
            at=utcnow(),
        )  # fmt: skip
        return secret

    def accept(self, order: OrderRow, machine: str = "") -> JobRow:
        """Review and accept an order; put its job on a machine's queue, if one is named."""
        for stage in (Stage.IN_REVIEW, Stage.QUEUED):
            ordering.move(self.shop, order.code, stage, actor=self.actor("sam"), at=utcnow())
        job: JobRow = JobRow.get(JobRow.order == order.id)
        if machine:
            queueing.queue_job(self.shop, job.id, machine, actor=self.actor("sam"), at=utcnow())
        return JobRow.get_by_id(job.id)

    def say(self, machine: str, payload: bytes, at: datetime | None = None, *, retained: bool = False) -> None:
        """A machine publishes a status; what the contract makes of it is taken in."""
        at = at or utcnow()
        topic = f"{mqtt_contract.PREFIX}/{machine}/status"
        word = mqtt_contract.read(machine, topic, payload, retained=retained, received_at=at)
        if isinstance(word, Reading):
            progressing.catch_up(self.shop, progressing.take(self.shop, [(machine, word)], at=at), at=at)
        elif isinstance(word, Rejected):
            reporting.take_refusal(machine, word.code, word.sentence, word.raw, at=at)

    def stage(self, order: OrderRow) -> str:
        return OrderRow.get_by_id(order.id).stage

    def machine_row(self, key: str) -> MachineRow:
        row: MachineRow = MachineRow.get(MachineRow.key == key)
        return row

    def run_due(self) -> None:
        """Let the worker do what is due."""
        self.worker.run_due()

    def close(self) -> None:
        if self.site is not None:
            stream.close(self.site)
        self.bell.close()
