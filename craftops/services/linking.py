"""Machines that CraftOps calls itself: how they are called, trying it before it is saved, what became of errands."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson

from craftops.domain.events import Event, EventKind
from craftops.domain.machines.readings import ProcessKind, Reading
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import IntakeError, RuleError
from craftops.sdk.fields import FieldKind, split_fields
from craftops.sdk.linked import Answer, LinkedDriver
from craftops.sdk.machine import MachineDriver, MachineFacts, MqttDriver
from craftops.sdk.mqtt_contract import is_device_topic
from craftops.services.shop import Shop
from craftops.store.database import unit_of_work
from craftops.store.mapping import reading_to_json
from craftops.store.models import LinkTrialRow, MachineCommandRow, MachineRow
from craftops.store.queries import machines

TRIAL_LIFE = timedelta(days=1)
TEST = "test"
ASK = "ask"
TRIED = ("heard", "failed")
OPEN_COMMANDS = ("waiting", "begun")


def linked_driver(shop: Shop, name: str) -> LinkedDriver | None:
    """The driver of this name, if it is one that calls its machines."""
    driver = shop.plugins.machine_drivers.get(name)
    return driver if isinstance(driver, LinkedDriver) else None


def driver_with_fields(shop: Shop, name: str) -> MachineDriver | None:
    """The driver of this name, if staff fill in something for its machines."""
    driver = shop.plugins.machine_drivers.get(name)
    return driver if driver is not None and driver.fields else None


def open_secrets(shop: Shop, sealed: str) -> dict[str, str]:
    """The secret fields of a link by name."""
    return dict(orjson.loads(shop.sealer.open(sealed))) if sealed else {}


def seal_secrets(shop: Shop, values: Mapping[str, str]) -> str:
    kept = {name: value for name, value in values.items() if value}
    return shop.sealer.seal(orjson.dumps(kept).decode()) if kept else ""


def facts_of(shop: Shop, machine: MachineRow) -> MachineFacts:
    """The machine as its driver may see it."""
    driver = shop.plugins.machine_drivers.get(machine.driver)
    process = ProcessKind(machine.process)
    if isinstance(driver, LinkedDriver):
        return MachineFacts(
            machine.key,
            machine.name,
            process,
            machine.report_interval_s,
            address=machine.address,
            settings=machine.settings or {},
            secrets=open_secrets(shop, machine.sealed_secret),
        )
    secret = shop.sealer.open(machine.sealed_secret) if driver and driver.needs_secret else ""
    return MachineFacts(
        machine.key, machine.name, process, machine.report_interval_s, secret, settings=machine.settings or {}
    )


def checked_fields(
    driver: MachineDriver, given: Mapping[str, str], kept: Mapping[str, str], without: str = ""
) -> tuple[str, dict[str, str], dict[str, str]]:
    """Address, settings and secrets, as the driver wants them; the field ``without`` may stay empty.

    Raises IntakeError with every faulty field.
    """
    found = split_fields(tuple(field for field in driver.fields if field.name != without), given, kept)
    if faults := driver.faults(found[1]):
        raise IntakeError("The machine cannot be set up like this.", faults)
    return found


def device_topics(shop: Shop, machine: MachineRow) -> tuple[str, ...]:
    """The topics outside its own prefix that a machine's device writes to; what is no such topic is left out."""
    driver = shop.plugins.machine_drivers.get(machine.driver)
    if not isinstance(driver, MqttDriver):
        return ()
    return tuple(topic for topic in driver.device_topics(facts_of(shop, machine)) if is_device_topic(topic))


def check_topics(shop: Shop, machine: MachineRow) -> None:
    """That no other machine's device has a topic of this one. Raises IntakeError."""
    own = set(device_topics(shop, machine))
    for other in MachineRow.select().where(MachineRow.key != machine.key) if own else ():
        if own & set(device_topics(shop, other)):
            sentence = f"This device is that of {other.name} already."
            raise IntakeError(sentence, {"device": sentence})


def link_values(shop: Shop, driver: MachineDriver, given: Mapping[str, str], kept: str = "") -> dict[str, object]:
    """The columns of a machine that say how it is reached; ``kept`` are the sealed secrets that empty fields keep.

    Raises IntakeError with every faulty field.
    """
    if not isinstance(driver, LinkedDriver):
        return {"settings": checked_fields(driver, given, {})[1]} if driver.fields else {}
    address, settings, found = checked_fields(driver, given, open_secrets(shop, kept))
    return {
        "address": address,
        "settings": settings,
        "sealed_secret": seal_secrets(shop, found),
    }


def kept_secrets(machine: MachineRow | None, trial: LinkTrialRow | None) -> str:
    """The sealed secrets that an empty field stands for: those just tried, else those of the machine."""
    if trial is not None and trial.sealed_secret:
        return str(trial.sealed_secret)
    return str(machine.sealed_secret) if machine is not None else ""


def change_link(
    shop: Shop, key: str, given: Mapping[str, str], trial: LinkTrialRow | None, *, actor: Actor, at: datetime
) -> None:
    """Reach a machine in another way from now on. Raises IntakeError with every faulty field, RuleError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        machine = machines.machine(key)
        driver = driver_with_fields(shop, machine.driver) if machine else None
        if machine is None or driver is None:
            raise RuleError("There is nothing to set for this machine.")
        values = link_values(shop, driver, given, kept_secrets(machine, trial))
        if isinstance(driver, LinkedDriver):
            values |= {"link_state": "connecting", "link_sentence": "", "link_since": at, "link_next": None}
            values |= {"link_crashes": 0}
        MachineRow.update(**values).where(MachineRow.id == machine.id).execute()
        check_topics(shop, MachineRow.get_by_id(machine.id))
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id))


def learn(shop: Shop, key: str, name: str, value: str, *, at: datetime) -> None:
    """Keep what a machine showed at its first call in one of its text fields; what stands there already stays."""
    with unit_of_work() as uow:
        machine = machines.machine(key)
        driver = linked_driver(shop, machine.driver) if machine else None
        if machine is None or driver is None or (machine.settings or {}).get(name):
            return
        if not any(field.name == name and field.kind is FieldKind.TEXT for field in driver.fields):
            return
        kept = {**(machine.settings or {}), name: value[:500]}
        MachineRow.update(settings=kept).where(MachineRow.id == machine.id).execute()
        uow.record(Event(EventKind.MACHINE_CHANGED, at, SYSTEM, machine_id=machine.id, data={"learnt": name}))


def find_trial(token: str) -> LinkTrialRow | None:
    """The trial of this token."""
    row: LinkTrialRow | None = LinkTrialRow.get_or_none(LinkTrialRow.token == token) if token else None
    return row


def begin_trial(
    shop: Shop,
    driver_name: str,
    kind: str,
    form: Mapping[str, str],
    given: Mapping[str, str],
    *,
    actor: Actor,
    at: datetime,
    machine: MachineRow | None = None,
    before: LinkTrialRow | None = None,
) -> LinkTrialRow:
    """Have the bridge call a machine as the form says. Raises IntakeError with every faulty field."""
    actor.must_be_staff()
    driver = linked_driver(shop, driver_name)
    if driver is None or (kind == ASK and not driver.asks_for):
        raise IntakeError("This machine is not called by CraftOps.", {"driver": "Pick how the machine is connected."})
    without = driver.asks_for if kind == ASK else ""
    address, settings, found = checked_fields(driver, given, open_secrets(shop, kept_secrets(machine, before)), without)
    with unit_of_work() as uow:
        LinkTrialRow.delete().where(LinkTrialRow.asked_at < at - TRIAL_LIFE).execute()
        row: LinkTrialRow = LinkTrialRow.create(
            token=secrets.token_urlsafe(18),
            kind=kind,
            driver=driver_name,
            machine=machine,
            form=dict(form),
            address=address,
            settings=settings,
            sealed_secret=seal_secrets(shop, found),
            asked_by=actor.name,
            asked_at=at,
        )
        uow.record(Event(EventKind.LINK_TRIED, at, actor, data={"trial": row.id}))
    return row


def facts_of_trial(shop: Shop, trial: LinkTrialRow) -> MachineFacts:
    """What a driver may see of a machine that is only tried."""
    key = trial.machine.key if trial.machine else "trial"
    name = trial.machine.name if trial.machine else trial.form.get("name", "")
    process = trial.form.get("process", "")
    return MachineFacts(
        key,
        name,
        ProcessKind(process) if process in set(ProcessKind) else ProcessKind.OTHER,
        address=trial.address,
        settings=trial.settings or {},
        secrets=open_secrets(shop, trial.sealed_secret),
    )


def waiting_trials() -> list[LinkTrialRow]:
    """Trials that nobody has begun, oldest first."""
    return list(LinkTrialRow.select().where(LinkTrialRow.state == "waiting").order_by(LinkTrialRow.id))


def answer_trial(
    shop: Shop, trial_id: int, state: str, sentence: str, at: datetime, *,
    reading: Reading | None = None, secret: tuple[str, str] | None = None,
) -> None:  # fmt: skip
    """What the bridge found out. An answered trial stays as it was answered. ``secret``: name and value that came."""
    with unit_of_work() as uow:
        row = LinkTrialRow.get_or_none(LinkTrialRow.id == trial_id)
        if row is None or row.state in TRIED:
            return
        row.state, row.sentence = state, sentence[:500]
        row.answered_at = at if state in TRIED else None
        if reading is not None:
            shown = {key: value for key, value in reading_to_json(reading).items() if key not in ("at", "retained")}
            row.said = orjson.dumps(shown).decode()[:2000]
        if secret is not None:
            row.sealed_secret = seal_secrets(shop, open_secrets(shop, row.sealed_secret) | dict([secret]))
        row.save()
        uow.record(Event(EventKind.LINK_TRIED, at, SYSTEM, data={"trial": row.id}))


def take_link(
    key: str, state: str, sentence: str, *, at: datetime, next_at: datetime | None = None, crashed: bool = False
) -> None:
    """How a machine's link stands. Staff are told when its state changes, and no more often."""
    with unit_of_work() as uow:
        machine = machines.machine(key)
        if machine is None or not machine.enabled:
            return
        changed = machine.link_state != state or machine.link_sentence != sentence
        values: dict[str, object] = {"link_state": state, "link_sentence": sentence[:500], "link_next": next_at}
        if machine.link_state != state:
            values["link_since"] = at
        if crashed:
            values["link_crashes"] = MachineRow.link_crashes + 1
        MachineRow.update(**values).where(MachineRow.id == machine.id).execute()
        kind = EventKind.MACHINE_CHANGED if changed else EventKind.MACHINE_REPORTED
        uow.record(Event(kind, at, SYSTEM, machine_id=machine.id, data={"link": state}))


def forget_links(at: datetime) -> None:
    """No machine is called yet: the bridge has just begun, and what its predecessor knew of its links is over."""
    with unit_of_work():
        MachineRow.update(link_state="connecting", link_sentence="", link_since=at, link_next=None).where(
            MachineRow.enabled, MachineRow.link_state.not_in(["", "connecting"])
        ).execute()


def is_being_told(machine_id: int, job_id: int, kind: str) -> bool:
    """Whether the same wish of staff is on its way already (somebody clicked twice)."""
    rows = MachineCommandRow.select().where(
        MachineCommandRow.machine == machine_id,
        MachineCommandRow.job == job_id,
        MachineCommandRow.kind == kind,
        MachineCommandRow.state.in_(OPEN_COMMANDS),
    )
    return bool(rows.exists())


def begin_command(command_id: int) -> bool:
    """Write down that a command's one step is taken now; False when it was answered or taken back meanwhile."""
    with unit_of_work():
        query = MachineCommandRow.update(state="begun").where(
            MachineCommandRow.id == command_id, MachineCommandRow.state.in_(OPEN_COMMANDS)
        )
        return bool(query.execute())


def answer_command(command_id: int, answer: Answer, at: datetime) -> None:
    """What became of a command; an answered one stays as it was answered."""
    with unit_of_work() as uow:
        row = MachineCommandRow.get_or_none(MachineCommandRow.id == command_id)
        if row is None or row.state not in OPEN_COMMANDS:
            return
        row.state, row.error, row.sent_at = answer.kind.value, answer.sentence[:500], at
        row.save()
        uow.record(Event(EventKind.MACHINE_CHANGED, at, SYSTEM, machine_id=row.machine_id, data={"answer": row.state}))
