"""Machines that CraftOps calls itself: how they are called."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from craftops.domain.events import Event, EventKind
from craftops.domain.machines.readings import ProcessKind
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import IntakeError, RuleError
from craftops.plugin_host.calls import RAISED
from craftops.sdk.fields import FieldKind, split_fields
from craftops.sdk.linked import LinkedDriver
from craftops.sdk.machine import MachineDriver, MachineFacts, MqttDriver
from craftops.sdk.mqtt_contract import is_device_topic
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import LinkTrialRow, MachineRow
from craftops.store.queries import machine_pages, machines
from craftops.store.views.machines import FollowedMachine, MachineView

log = logging.getLogger("craftops.machines")


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


def facts_of(shop: Shop, machine: MachineRow | FollowedMachine, *, secrets: bool = True) -> MachineFacts:
    """The machine as its driver may see it; ``secrets``: with what is sealed, which is opened for that."""
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
            secrets=open_secrets(shop, machine.sealed_secret) if secrets else {},
        )
    secret = shop.sealer.open(machine.sealed_secret) if secrets and driver and driver.needs_secret else ""
    return MachineFacts(
        machine.key, machine.name, process, machine.report_interval_s, secret, settings=machine.settings or {}
    )


def facts_of_machine(shop: Shop, machine_id: int) -> MachineFacts:
    """The machine of this id as its driver may see it, for a page that shows none of its secrets."""
    return facts_of(shop, MachineRow.get_by_id(machine_id), secrets=False)


@dataclass(frozen=True, slots=True)
class KeptSecrets:
    """What empty secret fields of a link stand for, by name, and the address that it was typed for."""

    values: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


ANEW = "Type it again: the address is another one, and what was kept goes nowhere but to the one it was typed for."


def checked_fields(
    driver: MachineDriver, given: Mapping[str, str], kept: KeptSecrets, without: str = ""
) -> tuple[str, dict[str, str], dict[str, str]]:
    """Address, settings and secrets, as the driver wants them; the field ``without`` may stay empty.

    Raises IntakeError with every faulty field. A secret that was kept is no answer where the address is another one:
    whoever may change an address would read it there.
    """
    fields = tuple(one for one in driver.fields if one.name != without)
    found = split_fields(fields, given, kept.values)
    if found[0] != kept.address:
        lent = [
            one.name
            for one in fields
            if one.kind is FieldKind.SECRET and one.name in kept.values and not given.get(one.name, "").strip()
        ]
        if lent:
            raise IntakeError("The machine has another address.", dict.fromkeys(lent, ANEW))
    if faults := driver.faults(found[1]):
        raise IntakeError("The machine cannot be set up like this.", faults)
    return found


def device_topics(shop: Shop, machine: MachineRow) -> tuple[str, ...]:
    """The topics outside its own prefix that a machine's device writes to; what is no such topic is left out. None
    where its driver breaks: the broker has other machines to let in."""
    driver = shop.plugins.machine_drivers.get(machine.driver)
    if not isinstance(driver, MqttDriver):
        return ()
    try:
        known = facts_of(shop, machine, secrets=False)
        return tuple(topic for topic in driver.device_topics(known) if is_device_topic(topic))
    except RAISED as error:
        log.exception("the driver of %s does not say what its device writes to", machine.key)
        shop.plugins.broke(driver, "device_topics", error)
        return ()


def check_topics(shop: Shop, machine: MachineRow) -> None:
    """That no other machine's device has a topic of this one. Raises IntakeError."""
    own = set(device_topics(shop, machine))
    for other in MachineRow.select().where(MachineRow.key != machine.key) if own else ():
        if own & set(device_topics(shop, other)):
            sentence = f"This device is that of {other.name} already."
            raise IntakeError(sentence, {"device": sentence})


def link_values(shop: Shop, driver: MachineDriver, given: Mapping[str, str], kept: KeptSecrets) -> dict[str, object]:
    """The columns of a machine that say how it is reached; ``kept`` is what empty fields keep.

    Raises IntakeError with every faulty field.
    """
    if not isinstance(driver, LinkedDriver):
        return {"settings": checked_fields(driver, given, KeptSecrets())[1]} if driver.fields else {}
    address, settings, found = checked_fields(driver, given, kept)
    return {
        "address": address,
        "settings": settings,
        "sealed_secret": seal_secrets(shop, found),
    }


def kept_secrets(shop: Shop, machine: MachineRow | None, trial: LinkTrialRow | None) -> KeptSecrets:
    """The secrets that an empty field stands for: those just tried, else those of the machine."""
    of = trial if trial is not None and trial.sealed_secret else machine
    return KeptSecrets(open_secrets(shop, of.sealed_secret), of.address) if of is not None else KeptSecrets()


def machine_to_call(shop: Shop, key: str) -> tuple[MachineView, frozenset[str]] | None:
    """The machine of this key, and the names of the secret fields that are kept of its link."""
    found = machine_pages.sealed_machine(key)
    if found is None:
        return None
    sealed, machine = found
    called = linked_driver(shop, machine.driver) is not None
    return machine, frozenset(open_secrets(shop, sealed)) if called else frozenset()


def kept_of(shop: Shop, machine_id: int | None, trial_id: int | None) -> KeptSecrets:
    """The same by the ids of both; none of either that is not there any more."""
    machine = MachineRow.get_or_none(MachineRow.id == machine_id) if machine_id is not None else None
    trial = LinkTrialRow.get_or_none(LinkTrialRow.id == trial_id) if trial_id is not None else None
    return kept_secrets(shop, machine, trial)


def change_link(
    shop: Shop, key: str, given: Mapping[str, str], trial_id: int | None, *, actor: Actor, at: datetime
) -> None:
    """Reach a machine in another way from now on. Raises IntakeError with every faulty field, RuleError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        machine = machines.machine(key)
        driver = driver_with_fields(shop, machine.driver) if machine else None
        if machine is None or driver is None:
            raise RuleError("There is nothing to set for this machine.")
        called = isinstance(driver, LinkedDriver)
        values = link_values(shop, driver, given, kept_of(shop, machine.id, trial_id) if called else KeptSecrets())
        if called:
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
