"""Adding a machine, and how a machine with an address is called: the form, its test, its saving.

The web never calls a machine. A test is a row that the bridge answers; the page waits for it over its live stream,
or is loaded again where there is no script.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.machines.bed import parse_bed
from craftops.errors import IntakeError
from craftops.sdk.fields import FieldKind
from craftops.sdk.machine import MachineDriver
from craftops.services.machines import connection_tests, linking, registry
from craftops.store.views.machines import LinkTrialView, MachineView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.sent_form import typed
from craftops.web.machines import present_links as present
from craftops.web.machines.forms import ConnectionForm, NewMachineForm
from craftops.web.machines.staff import KEY, shown_once

Page = AnyResponse | tuple[str, int]


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/machines/new", view_func=add_machine, methods=["GET", "POST"])
    blueprint.add_url_rule(f"/machines/{KEY}/link", view_func=change_link, methods=["GET", "POST"])


@dataclass(frozen=True, slots=True)
class _Link:
    """What a form is about: a machine, or a new one; the test that it was last tried by; the secret fields that are
    kept of either."""

    machine: MachineView | None
    trial: LinkTrialView | None
    kept: frozenset[str]

    @property
    def machine_id(self) -> int | None:
        return self.machine.id if self.machine is not None else None

    @property
    def trial_id(self) -> int | None:
        return self.trial.id if self.trial is not None else None


def _link(driver: str, machine: MachineView | None, kept: frozenset[str]) -> _Link:
    """With the test that the page says it is about, if it is one of this driver and this machine."""
    own = machine.id if machine is not None else None
    found = connection_tests.find_trial(current_shop(), ConnectionForm.asked().trial)
    if found is None or found[0].driver != driver or found[0].machine_id != own:
        return _Link(machine, None, kept)
    return _Link(machine, found[0], found[1] or kept)


def _given(driver: MachineDriver) -> dict[str, str]:
    return {field.name: typed().get(field.name, "") for field in driver.fields}


def _shown(driver: MachineDriver, given: dict[str, str]) -> dict[str, str]:
    """What was typed and may be shown again."""
    secret = {field.name for field in driver.fields if field.kind is FieldKind.SECRET}
    return {name: value.strip()[:500] for name, value in given.items() if name not in secret}


def _page(
    driver: MachineDriver,
    values: dict[str, str],
    link: _Link,
    error: IntakeError | None = None,
) -> tuple[str, int]:
    page = present.machine_form(
        driver,
        values,
        error.fields if error else {},
        sight(),
        machine=link.machine,
        trial=link.trial,
        kept=link.kept,
        error=error.sentence if error and not error.fields else "",
    )
    live = url_for("live.stream", page=f"staff/trial/{link.trial.token}") if link.trial else ""
    return render_template("staff/machine_form.html", page=page, live=live), 422 if error else 200


def _begin(driver: MachineDriver, own: dict[str, str], link: _Link) -> AnyResponse:
    kind = connection_tests.ASK if ConnectionForm.sent().do == connection_tests.ASK else connection_tests.TEST
    row = connection_tests.begin_trial(
        current_shop(), driver.name, kind, own, _given(driver), actor=actor(), at=sight().now,
        machine_id=link.machine_id, before_id=link.trial_id,
    )  # fmt: skip
    return redirect(present.trial_url(row), 303)


def _from_trial(trial: LinkTrialView | None) -> dict[str, str]:
    return {**trial.form, **(trial.settings or {}), "address": trial.address} if trial else {}


def _defaults(driver: MachineDriver) -> dict[str, str]:
    return {field.name: field.default for field in driver.fields if field.default}


def add_machine() -> Page:
    """First how it reports, then the form for that; its credential is shown once on its own page."""
    driver = current_shop().plugins.machine_drivers.get(ConnectionForm.asked().driver)
    if driver is None:
        wrong = request.method == "POST"
        sentence = _("Pick how the machine is connected.") if wrong else ""
        choices = present.driver_choices(sight())
        more = present.dormant_drivers(sight())
        page = render_template("staff/drivers.html", choices=choices, more=more, error=sentence)
        return page, 422 if wrong else 200
    link = _link(driver.name, None, frozenset())
    if request.method != "POST":
        return _page(driver, _from_trial(link.trial) or _defaults(driver), link)
    form, given = NewMachineForm.sent(), _given(driver)
    own = form.model_dump()
    try:
        if ConnectionForm.sent().is_trial:
            return _begin(driver, own, link)
        row, secret = registry.add_machine(
            current_shop(),
            key=form.key,
            name=form.name,
            driver=driver.name,
            process=form.kind,
            bed=parse_bed(form.bed),
            given=given,
            trial_id=link.trial_id,
            actor=actor(),
            at=sight().now,
        )
    except IntakeError as error:
        return _page(driver, {**own, **_shown(driver, given)}, link, error)
    return shown_once(row.key, secret)


def change_link(key: str) -> Page:
    """The address, the credential and the other fields of a machine that CraftOps calls."""
    found = linking.machine_to_call(current_shop(), key)
    driver = linking.driver_with_fields(current_shop(), found[0].driver) if found else None
    if found is None or driver is None:
        abort(404)
    machine, link = found[0], _link(driver.name, *found)
    if request.method != "POST":
        kept = {**(machine.settings or {}), "address": machine.address}
        return _page(driver, _from_trial(link.trial) or kept, link)
    given = _given(driver)
    try:
        if ConnectionForm.sent().is_trial:
            return _begin(driver, {}, link)
        linking.change_link(current_shop(), key, given, link.trial_id, actor=actor(), at=sight().now)
    except IntakeError as error:
        return _page(driver, _shown(driver, given), link, error)
    linked = linking.linked_driver(current_shop(), driver.name) is not None
    flash(_("Saved. It is called anew.") if linked else _("Saved."), "good")
    return redirect(url_for("staff.machine", key=key), 303)
