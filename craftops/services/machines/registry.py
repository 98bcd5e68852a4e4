"""Machines are added, given credentials, taken in and out of service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.machines.bed import Bed
from craftops.domain.machines.credentials import check_machine_key, hash_secret, new_secret
from craftops.domain.machines.readings import MachineState, ProcessKind
from craftops.domain.people.access import Actor
from craftops.errors import IntakeError, RuleError
from craftops.sdk.linked import LinkedDriver
from craftops.sdk.machine import MachineDriver
from craftops.services.machines import linking
from craftops.services.shop.context import Shop
from craftops.store.database import IntegrityError, unit_of_work
from craftops.store.models import MachineRow
from craftops.store.queries import machines as machines_queries
from craftops.store.viewing import view_of
from craftops.store.views.machines import MachineView


def driver_of(shop: Shop, machine: MachineRow) -> MachineDriver:
    """The driver of a machine. Raises RuleError when its plugin is not enabled any more."""
    driver = shop.plugins.machine_drivers.get(machine.driver)
    if driver is None:
        raise RuleError(f"The driver {machine.driver} is not enabled, so {machine.name} cannot be reached.")
    return driver


def machine_by_key(key: str) -> MachineRow:
    """The machine of this key. Raises RuleError when there is none."""
    row = machines_queries.machine(key)
    if row is None:
        raise RuleError(f"There is no machine {key!r}.")
    return row


def add_machine(
    shop: Shop,
    *,
    key: str,
    name: str,
    driver: str,
    process: ProcessKind,
    actor: Actor,
    at: datetime,
    bed: Bed | None = None,
    given: Mapping[str, str] | None = None,
    trial_id: int | None = None,
) -> tuple[MachineView, str]:
    """A new machine, and its broker password, shown this once (empty where it needs none).

    ``given`` are the fields of a driver that calls its machines; what is secret and empty is taken from the test
    of ``trial_id``.
    Raises IntakeError with the faulty fields.
    """
    actor.must_be_staff()
    check_machine_key(key)
    known = shop.plugins.machine_drivers.get(driver)
    if known is None:
        raise IntakeError("Pick how the machine is connected.", {"driver": "Pick how the machine is connected."})
    if not name.strip():
        raise IntakeError("Give the machine a name.", {"name": "Give the machine a name."})
    secret = new_secret() if known.uses_broker else ""
    more: dict[str, object] = {"sealed_secret": shop.sealer.seal(secret) if known.needs_secret else ""}
    more |= linking.link_values(shop, known, given or {}, linking.kept_of(shop, None, trial_id))
    if isinstance(known, LinkedDriver):
        more |= {"link_state": "connecting", "link_since": at}
    try:
        with unit_of_work() as uow:
            row: MachineRow = MachineRow.create(
                key=key,
                name=name.strip()[:100],
                driver=driver,
                process=process.value,
                credential_hash=hash_secret(secret) if secret else "",
                bed=bed,
                report_interval_s=known.report_interval_s,
                state=(MachineState.IDLE if known.by_hand else MachineState.UNKNOWN).value,
                created_at=at,
                **more,
            )
            linking.check_topics(shop, row)
            uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=row.id))
    except IntegrityError:
        raise IntakeError("There is a machine with this key already.", {"key": "Choose another key."}) from None
    return view_of(MachineView, row), secret


def rotate_credential(shop: Shop, key: str, *, actor: Actor, at: datetime) -> str:
    """A new broker password for a machine, shown this once; the old one ends at once."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        machine = machine_by_key(key)
        driver = driver_of(shop, machine)
        if not driver.uses_broker:
            raise RuleError(f"{machine.name} does not sign in to the broker.")
        secret = new_secret()
        machine.credential_hash = hash_secret(secret)
        machine.sealed_secret = shop.sealer.seal(secret) if driver.needs_secret else ""
        machine.save(only=[MachineRow.credential_hash, MachineRow.sealed_secret])
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id))
    return secret


def set_bed(key: str, bed: Bed | None, *, actor: Actor, at: datetime) -> None:
    """Say how large the parts are that a machine can make, in mm; None for "unknown"."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        machine = machine_by_key(key)
        machine.bed = bed
        machine.save(only=[MachineRow.bed])
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id))


def set_enabled(key: str, enabled: bool, *, actor: Actor, at: datetime) -> None:
    """Take a machine out of service, or back in; its queue stays."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        machine = machine_by_key(key)
        values: dict[str, object] = {"enabled": enabled}
        if machine.link_state:
            values |= {"link_state": "connecting" if enabled else "off", "link_sentence": "", "link_since": at}
            values |= {"link_next": None}
        MachineRow.update(**values).where(MachineRow.id == machine.id).execute()
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id))
