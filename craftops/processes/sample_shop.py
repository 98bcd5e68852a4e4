"""The demo's shop: people, machines, a dozen orders at every stage, one of them late.

The past is lived through by the real services at past moments, so that every page, timeline and estimate of the
demo is what a real shop would see. Only the promises are set afterwards, so that one order is late and the rest
are not, whatever the hour of the day.
"""

from __future__ import annotations

import io
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from craftops.domain.machines.readings import MachineState, ProcessKind, Reading
from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import SYSTEM, Actor, Role
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shop.profile import ShopProfile
from craftops.processes.lifeline import DEMO_SPEED
from craftops.processes.sample_money import bill
from craftops.processes.sample_parts import parts
from craftops.processes.sample_pickup import waits
from craftops.processes.sample_shipping import HOMES, send
from craftops.processes.sample_talk import talk
from craftops.services.estimation import estimating
from craftops.services.files import intake, revising
from craftops.services.machines import cameras, registry, reporting
from craftops.services.messages import questions
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.people import accounts, addresses, companies
from craftops.services.production import operations, queueing
from craftops.services.schedule import capabilities
from craftops.services.shop.context import Shop
from craftops.services.shop.profile import save_profile
from craftops.store import work as outbox
from craftops.store.database import connected
from craftops.store.models import AccountRow, DesignFileRow, JobRow, OperationRow, OrderLineRow, OrderRow
from craftops.tasks.worker import READER, Worker

PROFILE = ShopProfile(
    name="Fabrik Nord",
    tagline="Prints, cuts and mills, on the canal since 2014",
    email="hello@fabrik-nord.example",
    phone="+49 40 555 0134",
    address=("Fabrik Nord", "Kanalstraße 12", "22085 Hamburg"),
    timezone="Europe/Berlin",
    brand="#d4532b",
    hours={
        **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ("09:00-18:00",)),
        "saturday": ("10:00-14:00",),
    },
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo, with a password to sign in with."""

    name: str
    email: str
    role: Role
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))


@dataclass(frozen=True, slots=True)
class Wish:
    """One order of the demo and how far it has come."""

    who: str
    part: str
    title: str
    quantity: int
    material: str
    colour: str
    finish: str
    until: Stage
    hours_ago: float
    machine: str = ""
    words: str = ""
    delivery: Delivery = Delivery.PICKUP
    late: bool = False
    hold: str = ""
    newer: str = ""
    """A part that the customer sends as the next version, once the review has begun."""
    was: str = ""
    """What it was made of then, if the shop does not have that any more."""


PRINTER, LASER, MILL, BENCH = "printer-1", "laser-1", "mill-1", "printer-2"
MACHINES = (
    (PRINTER, "Prusa MK4", "simulated", ProcessKind.FDM, (250.0, 210.0, 220.0)),
    (LASER, "Trotec Speedy", "simulated", ProcessKind.LASER, (1000.0, 610.0)),
    (MILL, "Datron M8", "simulated", ProcessKind.CNC, (800.0, 700.0, 240.0)),
    (BENCH, "Voron 2.4", "mqtt", ProcessKind.FDM, (350.0, 350.0, 340.0)),
)
LOADED = {
    PRINTER: [("petg", "Black")],
    LASER: [("plywood", "Natural")],
    MILL: [("aluminium", "Natural")],
    BENCH: [("petg", "Blue")],
}
S = Stage
WISHES = (
    Wish("anna", "machine-foot.stl", "Feet for the balcony rack", 6, "petg", "Black", "sanded", S.COMPLETED, 230, BENCH, "They stand outside.", was="asa"),
    Wish("ben", "twisted-vase.stl", "Vases for the shop window", 2, "pla", "White", "as_made", S.COMPLETED, 190, BENCH),
    Wish("anna", "hex-spacer-m8.stl", "Spacers M8", 12, "aluminium", "Natural", "as_made", S.COMPLETED, 160, MILL),
    Wish("ben", "adjusting-knob.stl", "Knobs, a set", 5, "pla", "Black", "as_made", S.READY_TO_SHIP, 132, PRINTER, delivery=Delivery.SHIPPING),
    Wish("anna", "name-plate.stl", "Door plates", 3, "plywood", "Natural", "as_made", S.CANCELLED, 120),
    Wish("clara", "lamp-shade.stl", "Lamp shade for Zürich", 1, "pla", "White", "sanded", S.READY_TO_SHIP, 112, BENCH, delivery=Delivery.SHIPPING),
    Wish("anna", "drive-gear-32t.stl", "Gears for the mill", 3, "petg", "Black", "as_made", S.READY_TO_SHIP, 96, PRINTER, delivery=Delivery.SHIPPING),
    Wish("clara", "lamp-shade.stl", "Lamp shade, second try", 1, "petg", "Clear", "as_made", S.READY_FOR_PICKUP, 70, BENCH),
    Wish("ben", "sensor-flange.stl", "Flange for the pump", 2, "aluminium", "Natural", "polished", S.READY_TO_SHIP, 66, MILL, delivery=Delivery.SHIPPING),
    Wish("clara", "machine-foot.stl", "Feet for a shelf", 4, "petg", "Black", "as_made", S.READY_TO_SHIP, 63, PRINTER, delivery=Delivery.SHIPPING),
    Wish("anna", "belt-pulley.stl", "Pulleys for a spinning wheel", 2, "pla", "Grey", "as_made", S.READY_TO_SHIP, 53, PRINTER, delivery=Delivery.SHIPPING),
    Wish("clara", "machine-foot.stl", "Machine feet", 8, "petg", "Black", "sanded", S.QUALITY_CHECK, 52, BENCH),
    Wish("anna", "belt-pulley.stl", "Belt pulleys", 4, "pla", "Grey", "sanded", S.POST_PROCESSING, 34, BENCH, "The groove must run true; please sand it lightly."),
    Wish("ben", "adjusting-knob.stl", "Knobs for the lathe", 6, "pla", "Black", "as_made", S.IN_PRODUCTION, 30, PRINTER, late=True),
    Wish("anna", "name-plate.stl", "Name plates, front desk", 10, "plywood", "Natural", "as_made", S.IN_PRODUCTION, 26, LASER, "Grain along the long side."),
    Wish("clara", "sensor-flange.stl", "Sensor flange rev 3", 1, "aluminium", "Natural", "as_made", S.IN_PRODUCTION, 24, MILL),
    Wish("clara", "machine-foot.stl", "Feet for the cabinet", 4, "petg", "Black", "as_made", S.QUEUED, 22, PRINTER),
    Wish("anna", "drive-gear-32t.stl", "Drive gear, 32 teeth", 2, "petg", "Blue", "as_made", S.QUEUED, 20, BENCH, "Bore 16 mm, press fit."),
    Wish("ben", "belt-pulley.stl", "Pulleys, test fit", 1, "pla", "Orange", "as_made", S.QUEUED, 8),
    Wish("ben", "adjusting-knob.stl", "Knobs for a cupboard", 8, "pla", "White", "as_made", S.IN_REVIEW, 62),
    Wish("clara", "lamp-shade.stl", "Lamp shades for the stairs", 2, "petg", "Clear", "as_made", S.IN_REVIEW, 28),
    Wish("anna", "belt-pulley.stl", "Pulleys for the lab", 6, "pla", "Grey", "as_made", S.IN_REVIEW, 21),
    Wish("anna", "machine-foot.stl", "Feet for the scanner", 4, "petg", "Black", "as_made", S.IN_REVIEW, 12),
    Wish("ben", "lamp-shade.stl", "Lamp shade for the foyer", 1, "pla", "White", "sanded", S.IN_REVIEW, 5, hold="Which lamp holder should it fit? The hole differs by 12 mm."),
    Wish("clara", "drive-gear-32t.stl", "Gear, spare part", 1, "petg", "Black", "as_made", S.IN_REVIEW, 3, newer="drive-gear-32t-wide.stl"),
    Wish("anna", "twisted-vase.stl", "Vase for my sister", 1, "pla", "Orange", "as_made", S.RECEIVED, 1.2, words="As a present: no visible seam, please."),
    Wish("clara", "hex-spacer-m8.stl", "Spacers, brass look", 20, "aluminium", "Natural", "polished", S.RECEIVED, 0.4),
)  # fmt: skip
FOR_THE_COMPANY = ("Name plates, front desk", "Gear, spare part")
AFTER_MACHINE = (S.POST_PROCESSING, S.QUALITY_CHECK, S.READY_FOR_PICKUP, S.READY_TO_SHIP, S.COMPLETED)
PACE = {PRINTER: 1.16, LASER: 0.93, MILL: 1.31, BENCH: 1.05}
"""How the runs of the sample's machines compare with their plan."""
PROGRESS = {PRINTER: 0.58, LASER: 0.34, MILL: 0.12}


@dataclass
class SampleShop:
    """What was made, for whoever started the demo."""

    people: list[Person]
    credentials: dict[str, str]
    """Machine key -> broker password, of machines that are not simulated."""


class _Story:
    def __init__(self, shop: Shop, worker: Worker, now: datetime) -> None:
        self.shop = shop
        self.worker = worker
        self.now = now
        self.people: dict[str, AccountRow] = {}
        self.files: dict[tuple[str, str], int] = {}
        self.content = parts()
        self.company: int | None = None

    @property
    def staff(self) -> Actor:
        return accounts.actor_of(self.people["sam"])

    def hire(self, people: dict[str, Person]) -> None:
        began = self.now - timedelta(days=30)
        for short, one in people.items():
            self.people[short] = accounts.create_account(
                email=one.email, name=one.name, role=one.role, password=one.password, at=began
            )

    def found_a_company(self) -> None:
        """Anna's company: she lets people in, Clara buys, Ben keeps the books."""
        at = self.now - timedelta(days=20)
        home = PostalAddress("Anna Lindqvist", "Elbchaussee 101", "Hamburg", "DE", "22763", phone="+49 40 555 0177")
        work = PostalAddress("Anna Lindqvist", "Gaußstraße 60", "Hamburg", "DE", "22765", company="Lindqvist Design")
        for one in (work, home):
            addresses.save(self.people["anna"], one, at=at)
        row = companies.found(self.people["anna"], "Lindqvist Design", "DE136695976", at=at)
        anna, self.company = accounts.actor_of(self.people["anna"]), row.id
        for who, role in (("clara", "buyer"), ("ben", "finance"), ("dana", "viewer")):
            companies.ask_to_join(self.people[who], row.code, at=at)
            asked = next(one for one in companies.asking(anna) if one.account_id == self.people[who].id)
            if who != "dana":  # she waits for Anna's word
                companies.set_role(anna, row.id, asked.id, role, at=at)

    def upload(self) -> None:
        sent = [(wish, part) for wish in WISHES for part in (wish.part, wish.newer) if part]
        for wish, part in sent:
            key = (wish.who, part)
            if key not in self.files:
                stream = io.BytesIO(self.content[part])
                at = self.now - timedelta(hours=wish.hours_ago, minutes=4)
                self.files[key] = intake.take_file(self.shop, stream, part, owner=self.people[wish.who], at=at).id
        self.worker.run_due()

    def live(self, wish: Wish) -> OrderRow:
        """Let one order live until its stage; its moments lie between its placing and now."""
        step = timedelta(hours=wish.hours_ago) / 12
        at = self.now - timedelta(hours=wish.hours_ago)
        customer = self.people[wish.who]
        company = self.company if wish.title in FOR_THE_COMPANY else None
        line = LineDraft(
            self.files[wish.who, wish.part], wish.quantity, wish.material, wish.colour, wish.finish, wish.words
        )
        order = ordering.place_order(
            self.shop, actor=accounts.actor_of(customer), customer=customer, lines=[line], delivery=wish.delivery,
            at=at, title=wish.title, company=company, address=HOMES.get(wish.title, HOMES.get(wish.who)),
        )  # fmt: skip
        if wish.until is S.RECEIVED:
            return order
        if wish.until is S.CANCELLED:
            ordering.move(self.shop, order.code, S.CANCELLED, actor=accounts.actor_of(customer), at=at + step)
            return order
        ordering.move(self.shop, order.code, S.IN_REVIEW, actor=self.staff, at=at + step)
        if wish.hold:
            questions.ask(
                self.shop, order.code, "choose", wish.hold, ["E14", "E27"], due_at=self.now + timedelta(days=2),
                holds=True, token="", actor=self.staff, at=at + 2 * step,
            )  # fmt: skip
        if wish.newer:
            newer = DesignFileRow.get_by_id(self.files[wish.who, wish.newer])
            line_id, sender = order.lines.get().id, accounts.actor_of(customer)
            revising.propose(self.shop, order.code, line_id, newer, actor=sender, at=at + 2 * step)
        if wish.until is S.IN_REVIEW:
            return order
        ordering.move(self.shop, order.code, S.QUEUED, actor=self.staff, at=at + 2 * step)
        job: JobRow = JobRow.get(JobRow.order == order.id)
        if wish.machine:
            queueing.queue_job(self.shop, job.id, wish.machine, actor=self.staff, at=at + 3 * step)
        if wish.until is S.IN_PRODUCTION:
            self._start(job, wish)
        elif wish.until in AFTER_MACHINE:
            took = timedelta(seconds=PACE[wish.machine] * job.planned_s)
            self._made(job, wish, at + 4 * step, min(at + 7 * step, at + 4 * step + took))
            self._finish(order, wish, at + 8 * step, step)
        if wish.was:
            OrderLineRow.update(material=wish.was).where(OrderLineRow.order == order.id).execute()
        return order

    def _say(self, machine: str, state: MachineState, at: datetime, job: JobRow, **more: object) -> None:
        reading = Reading(state, at, run_id=f"sample-{job.code}", job_ref=job.code, **more)  # type: ignore[arg-type]
        reporting.take_reading(self.shop, machine, reading, at=at)

    def _made(self, job: JobRow, wish: Wish, began: datetime, ended: datetime) -> None:
        self._say(wish.machine, MachineState.RUNNING, began, job, progress=0.0)
        worked = PACE[wish.machine] * job.planned_s
        self._say(wish.machine, MachineState.DONE, ended, job, progress=1.0, elapsed_s=worked)

    def _finish(self, order: OrderRow, wish: Wish, at: datetime, step: timedelta) -> None:
        if wish.until is S.POST_PROCESSING:
            return
        for row in OperationRow.select().where(OperationRow.order == order.id):
            operations.tick_operation(self.shop, row.id, done=True, actor=self.staff, at=at)
        if wish.until is S.QUALITY_CHECK:
            return
        ready = S.READY_FOR_PICKUP if wish.delivery is Delivery.PICKUP else S.READY_TO_SHIP
        ordering.move(self.shop, order.code, ready, actor=self.staff, at=at + step)
        if wish.until is S.COMPLETED:
            ordering.move(self.shop, order.code, S.COMPLETED, actor=self.staff, at=at + 2 * step)

    def _start(self, job: JobRow, wish: Wish) -> None:
        """The simulated machine is in the middle of it: its own memory says the same as ours."""
        share = PROGRESS[wish.machine]
        total = max(600.0, job.planned_s / DEMO_SPEED)
        began = self.now - timedelta(seconds=total * share)
        self._say(wish.machine, MachineState.RUNNING, began, job, progress=0.0, estimate_s=total)
        self._say(
            wish.machine,
            MachineState.RUNNING,
            self.now,
            job,
            progress=share,
            remaining_s=total * (1 - share),
            estimate_s=total,
        )
        run = {
            "run_id": f"sample-{job.code}", "ref": job.code, "file": wish.part, "copies": wish.quantity,
            "planned_s": total, "total_s": total, "done_s": total * share, "hiccup_at": 2.0,
        }  # fmt: skip
        moment = self.now.timestamp()
        state = {"state": "running", "since": moment, "now": moment, "run": run, "intents": [], "message": "", "seq": 0}
        if wish.machine == PRINTER:
            cameras.share(self.shop, job.id, True, actor=self.staff, at=self.now)
        folder = self.shop.config.data / "simulated"
        folder.mkdir(parents=True, exist_ok=True)
        Path(folder / f"simulated-{wish.machine}.json").write_text(json.dumps(state))

    def promise(self, placed: list[tuple[Wish, OrderRow]]) -> None:
        estimating.reestimate_all(self.shop, at=self.now)
        for wish, order in placed:
            fresh = OrderRow.get_by_id(order.id)
            if fresh.promise_at is None:
                continue
            promised = (
                self.now - timedelta(hours=17) if wish.late else (fresh.window_end or self.now) + timedelta(hours=5)
            )
            began = min(fresh.promise_from or promised, promised - timedelta(hours=2))
            middle = began + (promised - began) / 2
            kept = {"promise_at": promised, "promise_from": began, "promise_middle": middle}
            OrderRow.update(kept).where(OrderRow.id == order.id).execute()


def fill(shop: Shop, worker: Worker, *, now: datetime) -> SampleShop:
    """Fill an empty shop. ``worker`` analyses the files, here and now."""
    people = {
        "olga": Person("Olga Brandt", "owner@demo.example", Role.OWNER),
        "sam": Person("Sam Okafor", "staff@demo.example", Role.STAFF),
        "anna": Person("Anna Lindqvist", "anna@demo.example", Role.CUSTOMER),
        "ben": Person("Ben Yilmaz", "ben@demo.example", Role.CUSTOMER),
        "clara": Person("Clara Hoffmann", "clara@demo.example", Role.CUSTOMER),
        "dana": Person("Dana Petrov", "dana@demo.example", Role.CUSTOMER),
    }
    with connected():
        story = _Story(shop, worker, now)
        save_profile(shop, PROFILE, actor=SYSTEM, at=now - timedelta(days=30), set_up=True)
        story.hire(people)
        credentials = {}
        for key, name, driver, process, bed in MACHINES:
            _row, secret = registry.add_machine(
                shop, key=key, name=name, driver=driver, process=process, bed=bed, actor=story.staff,
                at=now - timedelta(days=30),
            )  # fmt: skip
            if driver == "mqtt":
                credentials[key] = secret
            capabilities.set_capability(
                shop, key, materials=(), loaded=LOADED[key], unattended=key != LASER, hours="", changeover_minutes="10",
                actor=story.staff, at=now - timedelta(days=30),
            )  # fmt: skip
        begins = PROFILE.calendar.next_open(now + timedelta(days=1)) + timedelta(hours=3)
        capabilities.add_block(
            shop, MILL, start=begins, end=begins + timedelta(hours=4), reason="Change the coolant", actor=story.staff,
            at=now,
        )  # fmt: skip
        story.found_a_company()
        story.upload()
        placed = [(wish, story.live(wish)) for wish in WISHES]
        story.promise(placed)
        waits(shop, story.people, [order for _wish, order in placed], now)
        bill(shop, story.people, [order for _wish, order in placed], now)
        send(shop, [order for _wish, order in placed], now)
        talk(shop, story.people, [order for _wish, order in placed], now)
        # What lies in the past is told to nobody: the mails of these orders were "sent" long ago.
        outbox.advance(READER, outbox.newest_event())
        shop.demo_mark.write_text("sample data\n")
    return SampleShop(list(people.values()), credentials)


def to_json(sample: SampleShop) -> dict[str, object]:
    """For ``craftops demo --json`` and the file that keeps the demo's passwords."""
    return {
        "people": [{**asdict(one), "role": one.role.value} for one in sample.people],
        "machines": {key: {"username": key, "password": secret} for key, secret in sample.credentials.items()},
    }
