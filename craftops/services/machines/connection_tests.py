"""A machine is called before it is saved: the test of a connection, and asking it for its secret."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson

from craftops.domain.events import Event, EventKind
from craftops.domain.machines.readings import ProcessKind, Reading
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import CraftOpsError, IntakeError
from craftops.sdk.machine import MachineFacts
from craftops.services.machines.linking import checked_fields, kept_of, linked_driver, open_secrets, seal_secrets
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.mapping import reading_to_json
from craftops.store.models import LinkTrialRow, MachineRow
from craftops.store.queries import machine_pages, machines
from craftops.store.views.machines import LinkTrialView, WaitingTrial

TRIAL_LIFE = timedelta(days=1)
ASKED_FOR = timedelta(minutes=10)
"""So long a machine is asked for its secret."""
TEST = "test"
ASK = "ask"
TRIED = ("heard", "failed")
STARTED_ANEW = "The bridge was started anew in the middle of it. Try again."


def find_trial(shop: Shop, token: str) -> tuple[LinkTrialView, frozenset[str]] | None:
    """The trial of this token, and the names of the secret fields that were typed."""
    found = machine_pages.sealed_trial(token) if token else None
    return (found[1], frozenset(open_secrets(shop, found[0]))) if found is not None else None


def trial_id_of(token: str) -> int | None:
    """The id of the trial of this token."""
    found = machine_pages.sealed_trial(token) if token else None
    return found[1].id if found is not None else None


def begin_trial(
    shop: Shop,
    driver_name: str,
    kind: str,
    form: Mapping[str, str],
    given: Mapping[str, str],
    *,
    actor: Actor,
    at: datetime,
    machine_id: int | None = None,
    before_id: int | None = None,
) -> LinkTrialView:
    """Have the bridge call a machine as the form says. ``machine_id``: of the machine whose link is changed;
    ``before_id``: of the trial before, whose secrets an empty field keeps. Raises IntakeError with every faulty field.

    Who asks a machine for its secret again while it still thinks about it goes on waiting for the same answer: one
    request stands on its screen, not two.
    """
    actor.must_be_staff()
    driver = linked_driver(shop, driver_name)
    if driver is None or (kind == ASK and not driver.asks_for):
        raise IntakeError("This machine is not called by CraftOps.", {"driver": "Pick how the machine is connected."})
    without = driver.asks_for if kind == ASK else ""
    address, settings, found = checked_fields(driver, given, kept_of(shop, machine_id, before_id), without)
    with unit_of_work() as uow:
        LinkTrialRow.delete().where(LinkTrialRow.asked_at < at - TRIAL_LIFE).execute()
        going = _still_asked(driver_name, address, machine_id, at) if kind == ASK else None
        if going is not None:
            going.form, going.settings = dict(form), settings
            going.save(only=[LinkTrialRow.form, LinkTrialRow.settings])
            return _shown(going.id)
        row: LinkTrialRow = LinkTrialRow.create(
            token=secrets.token_urlsafe(18),
            kind=kind,
            driver=driver_name,
            machine=machine_id,
            form=dict(form),
            address=address,
            settings=settings,
            sealed_secret=seal_secrets(shop, found),
            asked_by=actor.name,
            asked_at=at,
        )
        uow.record(Event(EventKind.LINK_TRIED, at, actor, data={"trial": row.id}))
    return _shown(row.id)


def _shown(trial_id: int) -> LinkTrialView:
    found = machine_pages.trial_of(trial_id)
    if found is None:
        raise CraftOpsError("The trial is gone.")
    return found


def _still_asked(driver: str, address: str, machine_id: int | None, at: datetime) -> LinkTrialRow | None:
    same = (LinkTrialRow.driver == driver, LinkTrialRow.address == address, LinkTrialRow.machine == machine_id)
    found: LinkTrialRow | None = LinkTrialRow.get_or_none(
        *same, LinkTrialRow.kind == ASK, LinkTrialRow.state.not_in(TRIED), LinkTrialRow.asked_at > at - ASKED_FOR
    )
    return found


def facts_of_trial(shop: Shop, trial: WaitingTrial) -> MachineFacts:
    """What a driver may see of a machine that is only tried."""
    key, name = trial.machine_key or "trial", trial.machine_name
    if name is None:
        name = trial.form.get("name", "")
    process = trial.form.get("process", "")
    return MachineFacts(
        key,
        name,
        ProcessKind(process) if process in set(ProcessKind) else ProcessKind.OTHER,
        address=trial.address,
        settings=trial.settings or {},
        secrets=open_secrets(shop, trial.sealed_secret),
    )


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
    """No machine is called yet: the bridge has just begun, and what its predecessor knew of its links is over. What it
    had begun to try, nobody goes on with."""
    with unit_of_work():
        LinkTrialRow.update(state="failed", sentence=STARTED_ANEW, answered_at=at).where(
            LinkTrialRow.state == "trying"
        ).execute()
        MachineRow.update(link_state="connecting", link_sentence="", link_since=at, link_next=None).where(
            MachineRow.enabled, MachineRow.link_state.not_in(["", "connecting"])
        ).execute()
