"""Contexts of machines that CraftOps calls itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import orjson
from flask import url_for

from craftops.domain.machines.readings import MachineState
from craftops.sdk.linked import FieldKind, LinkedDriver
from craftops.sdk.machine import MachineDriver
from craftops.services.machines import connection_tests
from craftops.store.queries import machine_pages
from craftops.store.views.machines import CommandView, LinkTrialView, MachineView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice, FormField
from craftops.web.machines import labels as machine_labels
from craftops.web.machines.views import CommandLine, DormantDriver, DriverChoice, LinkPanel, MachineForm, TrialPanel

ON_PAGE = 3
TYPES = {
    FieldKind.ADDRESS: "text",
    FieldKind.URL: "text",
    FieldKind.TEXT: "text",
    FieldKind.NUMBER: "text",
    FieldKind.CHOICE: "select",
    FieldKind.SECRET: "password",
}
PATIENCE = {connection_tests.TEST: timedelta(seconds=45), connection_tests.ASK: timedelta(minutes=11)}


def driver_choices(sight: RequestContext) -> tuple[DriverChoice, ...]:
    """Every way in which a machine can report."""
    drivers = sight.shop.plugins.machine_drivers.values()
    return tuple(DriverChoice(d.title, d.summary, url_for("staff.add_machine", driver=d.name)) for d in drivers)


def dormant_drivers(sight: RequestContext) -> tuple[DormantDriver, ...]:
    """What a shop could enable besides. Machines' plugins are named ``machine_…``."""
    found = sight.shop.plugins.dormant("machine_")
    return tuple(DormantDriver(one.name, one.title, one.summary) for one in found)


def _field(
    values: Mapping[str, str], errors: Mapping[str, str], name: str, label: str, hint: str = "", kind: str = "text",
    choices: tuple[Choice, ...] = (), *, needed: bool = True, autocomplete: str = "",
) -> FormField:  # fmt: skip
    return FormField(name, label, kind, values.get(name, ""), hint, errors.get(name, ""), needed, choices, autocomplete)


def _own_fields(values: Mapping[str, str], errors: Mapping[str, str]) -> tuple[FormField, ...]:
    kinds = tuple(
        Choice(kind, str(label), kind == values.get("process")) for kind, label in machine_labels.PROCESSES.items()
    )
    size = _("Width × depth × height in mm, such as 250 × 210 × 220")
    return (
        _field(values, errors, "name", _("Name"), _("As your people call it"), autocomplete="off"),
        _field(
            values, errors, "key", _("Short name"),
            _("For topics and addresses, such as prusa-1. It cannot be changed later."), autocomplete="off",
        ),
        _field(values, errors, "process", _("What it does"), kind="select", choices=kinds),
        _field(values, errors, "bed", _("Largest part"), size, needed=False),
    )  # fmt: skip


def _link_fields(
    driver: MachineDriver, values: Mapping[str, str], errors: Mapping[str, str], kept: frozenset[str]
) -> tuple[FormField, ...]:
    found = []
    for field in driver.fields:
        secret = field.kind is FieldKind.SECRET
        hint, needed = field.hint, field.needed
        if secret and field.name in kept:
            hint, needed = _("It is kept, and shown to nobody. Leave this empty to keep it for this address."), False
        shown = {} if secret else values
        complete = "new-password" if secret else "off"
        choices = tuple(Choice(value, label, value == values.get(field.name)) for value, label in field.choices)
        found.append(
            _field(
                shown, errors, field.name, field.label, hint, TYPES[field.kind], choices, needed=needed,
                autocomplete=complete,
            )
        )  # fmt: skip
    return tuple(found)


def machine_form(
    driver: MachineDriver,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    sight: RequestContext,
    *,
    machine: MachineView | None = None,
    trial: LinkTrialView | None = None,
    kept: frozenset[str] = frozenset(),
    error: str = "",
) -> MachineForm:
    """The form for a new machine, or for the link of ``machine``; ``kept`` names the secret fields that may stay
    empty."""
    linked = isinstance(driver, LinkedDriver)
    asks = driver.ask_title if isinstance(driver, LinkedDriver) and driver.asks_for else ""
    where = url_for("staff.change_link", key=machine.key) if machine else url_for("staff.add_machine")
    return MachineForm(
        title=(_("How %(name)s is called", name=machine.name) if linked else machine.name)
        if machine
        else _("Add a machine"),
        lead=driver.summary,
        driver=driver.name,
        driver_title=driver.title,
        other_url="" if machine else url_for("staff.add_machine"),
        fields=() if machine else _own_fields(values, errors),
        link_fields=_link_fields(driver, values, errors, kept),
        action=where,
        back_url=url_for("staff.machine", key=machine.key) if machine else url_for("staff.machines"),
        submit=_("Save") if machine else _("Add machine"),
        error=error,
        can_test=linked,
        ask_title=asks,
        trial_token=trial.token if trial else "",
        trial=trial_panel(trial, sight) if trial else None,
    )


def trial_url(trial: LinkTrialView) -> str:
    """The form with this trial."""
    if trial.machine_key is not None:
        return url_for("staff.change_link", key=trial.machine_key, trial=trial.token)
    return url_for("staff.add_machine", driver=trial.driver, trial=trial.token)


def trial_panel(trial: LinkTrialView, sight: RequestContext) -> TrialPanel:
    """A trial that nobody has answered in its time has failed: the bridge does not run, or was started anew."""
    state, sentence = trial.state, trial.sentence
    if state not in connection_tests.TRIED and sight.now - trial.asked_at > PATIENCE[trial.kind]:
        state, sentence = "failed", _("Nobody has called it: the bridge of this shop does not run.")
    title, tone = {
        "waiting": (_("Waiting for the bridge"), "warn"),
        "trying": (_("Calling it"), "warn"),
        "heard": (_("It answers"), "good"),
        "failed": (_("It does not work yet"), "bad"),
    }[state]
    return TrialPanel(
        trial.id, state not in connection_tests.TRIED, tone, title, sentence, _said(trial.said), trial_url(trial)
    )


def _said(text: str) -> tuple[tuple[str, str], ...]:
    said = orjson.loads(text) if text else {}
    hidden = {"progress_kind", "speed_factor", "run_id"}
    shown = {key: value for key, value in said.items() if key not in hidden}
    if shown.get("state") in set(MachineState):
        shown["state"] = str(machine_labels.MACHINE_STATES[shown["state"]][0])
    return tuple((key.replace("_", " "), str(value)) for key, value in shown.items())


def link_panel(machine: MachineView) -> LinkPanel | None:
    """How the link stands; None for a machine that is not called."""
    if not machine.link_state:
        return None
    word, tone = machine_labels.LINK_STATES[machine.link_state]
    return LinkPanel(
        key=machine.key,
        address=machine.address,
        state_word=str(word),
        tone=tone,
        sentence=machine.link_sentence,
        since=machine.link_since,
        next_at=machine.link_next if machine.link_state != "connected" else None,
        crashes=machine.link_crashes,
        errands=tuple(_command(one) for one in machine_pages.commands_of(machine.id, ON_PAGE)),
        edit_url=url_for("staff.change_link", key=machine.key),
    )


def _command(row: CommandView) -> CommandLine:
    word, tone = machine_labels.COMMAND_STATES[row.state]
    what = f"{machine_labels.COMMANDS[row.kind][0]} {row.job_code or ''}".strip()
    return CommandLine(what, tone, str(word), row.error, row.sent_at or row.asked_at)
