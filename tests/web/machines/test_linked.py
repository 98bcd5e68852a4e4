"""Staff add a machine with an address, try it before they save it, and change how it is called."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint

import pytest
from samples.linked import RunningBridge, ScriptedDriver, ScriptedLink, add, report, soon

from craftops.domain.machines.readings import MachineState, Reading
from craftops.errors import CredentialsRejected, Refused
from craftops.plugin_host import finding, host
from craftops.sdk.linked import DriverSession, Say
from craftops.services.machines import connection_tests, linking
from craftops.store.database import close_database, connected, utcnow
from craftops.store.models import LinkTrialRow, MachineRow
from craftops.store.work import newest_event
from craftops.testing import Browser, Workshop

NEW = "/staff/machines/new"
FORM = {
    "driver": "scripted", "key": "prusa-9", "name": "Prusa <9>", "process": "fdm", "address": "192.168.1.20",
    "api_key": "typed-secret",
}  # fmt: skip


@pytest.fixture
def driver(workshop: Workshop) -> ScriptedDriver:
    made = ScriptedDriver()
    workshop.shop.plugins.machine_drivers[made.name] = made
    return made


@pytest.fixture
def bridge(workshop: Workshop) -> Iterator[Callable[[], RunningBridge]]:
    running: list[RunningBridge] = []

    def start() -> RunningBridge:
        running.append(RunningBridge(workshop))
        return running[-1]

    yield start
    for one in running:
        one.stop()
    close_database()


def try_it(sam: Browser, form: dict[str, str], do: str = "test", on: str = f"{NEW}?driver=scripted") -> str:
    """Press Test (or ask); the page that it leads to."""
    answer = sam.send(on.split("?")[0], {**form, "do": do}, on=on)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def token(url: str) -> str:
    found = re.search(r"trial=([\w-]+)", url)
    assert found
    return found[1]


def test_first_how_it_reports_then_its_own_fields(workshop: Workshop, driver: ScriptedDriver) -> None:
    sam = workshop.browser("sam")
    page = sam.see(NEW)
    assert "?driver=scripted" in page
    assert "?driver=manual" in page
    form = sam.see(f"{NEW}?driver=scripted")
    assert 'name="address"' in form
    assert re.search(r'name="api_key" type="password"', form)
    assert 'value="test"' in form
    assert "Ask it for a key" in form
    assert 'name="address"' not in sam.see(f"{NEW}?driver=mqtt")


def test_who_does_not_find_their_machine_reads_what_can_be_switched_on(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = finding.Found("machine_broken", "x", EntryPoint("machine_broken", "no.such.module", finding.GROUP))
    monkeypatch.setattr(host, "installed", lambda known=finding.installed(): {**known, "machine_broken": broken})
    page = workshop.browser("sam").see(NEW)
    assert "machine_bambu" in page
    assert "machine_mqtt" not in page
    assert "machine_broken" not in page


def test_a_machine_is_saved_with_its_secret_sealed(workshop: Workshop, driver: ScriptedDriver) -> None:
    sam = workshop.browser("sam")
    page = sam.send(NEW, FORM, on=NEW, follow_redirects=True).get_data(as_text=True)
    assert "http://192.168.1.20" in page
    assert "typed-secret" not in page
    machine = workshop.machine_row("prusa-9")
    assert "typed-secret" not in machine.sealed_secret
    assert linking.facts_of(workshop.shop, machine).secrets == {"api_key": "typed-secret"}
    assert machine.report_interval_s == driver.report_interval_s
    raw = workshop.shop.config.data.joinpath("craftops.db")
    if raw.exists():
        assert b"typed-secret" not in raw.read_bytes()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"address": "ftp://x"}, "Write the address as"),
        ({"address": "http://169.254.169.254/"}, "belongs to no machine"),
        ({"address": ""}, "Fill in: Address."),
        ({"api_key": ""}, "Fill in: API key."),
        ({"address": "http://u:p@printer"}, "Leave the password out"),
    ],
)
def test_a_faulty_field_says_why_and_loses_nothing(
    workshop: Workshop, driver: ScriptedDriver, wrong: dict[str, str], sentence: str
) -> None:
    sam = workshop.browser("sam")
    for do in ("save", "test"):
        answer = sam.send(NEW, {**FORM, **wrong, "do": do}, on=NEW)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert sentence in text
        assert "Prusa &lt;9&gt;" in text
        assert "typed-secret" not in text
    assert MachineRow.select().count() == 0
    assert LinkTrialRow.select().count() == 0


def test_it_is_tried_before_it_is_saved(
    workshop: Workshop, driver: ScriptedDriver, bridge: Callable[[], RunningBridge]
) -> None:
    driver.readings["trial"] = Reading(MachineState.RUNNING, utcnow(), progress=0.42, file="benchy.gcode")
    sam = workshop.browser("sam")
    url = try_it(sam, FORM)
    assert "Waiting for the bridge" in sam.see(url)
    assert "Look again" in sam.see(url)
    bridge()
    soon(workshop, lambda: LinkTrialRow.get().state == "heard")
    page = sam.see(url)
    for words in ("It answers", "Scripted 1.0", "running", "0.42", "benchy.gcode", "Prusa &lt;9&gt;", "It is kept"):
        assert words in page
    assert "typed-secret" not in page
    assert MachineRow.select().count() == 0
    saved = {**FORM, "api_key": "", "address": "http://192.168.1.20", "trial": token(url)}
    sam.send(NEW, saved, on=url)
    assert linking.facts_of(workshop.shop, workshop.machine_row("prusa-9")).secrets == {"api_key": "typed-secret"}


def test_a_test_that_fails_says_the_plain_reason(
    workshop: Workshop, driver: ScriptedDriver, bridge: Callable[[], RunningBridge]
) -> None:
    def refuse(_link: ScriptedLink, _line: DriverSession) -> None:
        raise CredentialsRejected("It does not accept the key.")

    driver.follow["trial"] = refuse
    sam = workshop.browser("sam")
    url = try_it(sam, FORM)
    bridge()
    soon(workshop, lambda: LinkTrialRow.get().state == "failed")
    assert "It does not accept the key." in sam.see(url)


def test_the_open_page_hears_how_the_test_went(workshop: Workshop, driver: ScriptedDriver) -> None:
    sam = workshop.browser("sam")
    url = try_it(sam, FORM)
    page = sam.see(url)
    assert f"page=staff/trial/{token(url)}" in page
    answer = sam.client.get(f"/live?page=staff/trial/{token(url)}&seen={newest_event()}", buffered=False)
    chunks = iter(answer.response)
    assert b"retry" in next(chunks)
    connection_tests.answer_trial(workshop.shop, LinkTrialRow.get().id, "failed", "Nothing answers.", utcnow())
    text = next(chunks).decode()
    assert 'target="trial-' in text
    assert "Nothing answers." in text
    answer.close()
    assert workshop.browser("ada").get(f"/live?page=staff/trial/{token(url)}").status_code == 404
    assert sam.get("/live?page=staff/trial/nonsense").status_code == 403
    close_database()


def test_a_machine_makes_its_own_key_when_somebody_agrees_there(
    workshop: Workshop, driver: ScriptedDriver, bridge: Callable[[], RunningBridge]
) -> None:
    agreed = threading.Event()

    def answer(say: Say) -> str:
        say("Accept the request of CraftOps in its own page.")
        assert agreed.wait(10)
        return "fresh-key"

    driver.answer = answer
    sam = workshop.browser("sam")
    url = try_it(sam, {**FORM, "api_key": ""}, "ask")
    bridge()
    soon(workshop, lambda: "Accept the request" in LinkTrialRow.get().sentence)
    assert "Accept the request of CraftOps" in sam.see(url)
    again = try_it(sam, {**FORM, "name": "Prusa the ninth", "api_key": ""}, "ask", on=url)
    assert token(again) == token(url), "one request stands on its screen, not two"
    assert LinkTrialRow.select().count() == 1
    assert "Prusa the ninth" in sam.see(again)
    agreed.set()
    soon(workshop, lambda: LinkTrialRow.get().state == "heard")
    assert "fresh-key" not in sam.see(url)
    sam.send(NEW, {**FORM, "api_key": "", "trial": token(url)}, on=url)
    assert linking.facts_of(workshop.shop, workshop.machine_row("prusa-9")).secrets == {"api_key": "fresh-key"}


@pytest.mark.usefixtures("driver")
def test_what_a_bridge_was_at_when_it_was_killed_is_asked_again(workshop: Workshop) -> None:
    sam = workshop.browser("sam")
    url = try_it(sam, {**FORM, "api_key": ""}, "ask")
    LinkTrialRow.update(state="trying").execute()
    connection_tests.forget_links(utcnow())
    assert "started anew" in sam.see(url)
    assert token(try_it(sam, {**FORM, "api_key": ""}, "ask", on=url)) != token(url)


def test_nobody_agrees(workshop: Workshop, driver: ScriptedDriver, bridge: Callable[[], RunningBridge]) -> None:
    def answer(_say: Say) -> str:
        raise Refused("Somebody declined it there.")

    driver.answer = answer
    url = try_it(workshop.browser("sam"), {**FORM, "api_key": ""}, "ask")
    bridge()
    soon(workshop, lambda: LinkTrialRow.get().state == "failed")
    assert "Somebody declined it there." in workshop.browser("sam").see(url)


def test_address_and_key_are_changed_and_what_is_left_empty_is_kept(workshop: Workshop, driver: ScriptedDriver) -> None:
    add(workshop)
    sam = workshop.browser("sam")
    path = "/staff/machines/printer-1/link"
    page = sam.see(path)
    assert "http://127.0.0.1:9" in page
    assert "secret-key" not in page
    for address, key, expected in (
        ("http://127.0.0.1:9", "", "secret-key"),
        ("http://10.0.0.7:5000", "new-key", "new-key"),
        ("http://10.0.0.7:5000", "", "new-key"),
    ):
        sam.send(path, {"address": address, "api_key": key}, on=path)
        machine = workshop.machine_row("printer-1")
        assert (machine.address, machine.link_state) == (address, "connecting")
        assert linking.facts_of(workshop.shop, machine).secrets == {"api_key": expected}
    url = try_it(sam, {"address": "http://10.0.0.7:5000", "api_key": ""}, on=path)
    assert url.startswith(path)
    assert LinkTrialRow.get().machine_id == machine.id
    workshop.machine("printer-2")
    assert sam.get("/staff/machines/printer-2/link").status_code == 404


@pytest.mark.parametrize("address", ["http://10.6.6.6:5000", "http://127.0.0.1:10", "https://127.0.0.1:9"])
def test_a_kept_key_goes_to_no_other_address(workshop: Workshop, driver: ScriptedDriver, address: str) -> None:
    """Tried or saved: whoever may change an address would read the key there."""
    add(workshop)
    sam = workshop.browser("sam")
    path = "/staff/machines/printer-1/link"
    for more in ({}, {"do": "test"}):
        answer = sam.send(path, {"address": address, "api_key": "", **more}, on=path)
        assert answer.status_code == 422
        assert "Type it again" in answer.text
    assert LinkTrialRow.select().count() == 0
    assert workshop.machine_row("printer-1").address == "http://127.0.0.1:9"
    url = try_it(sam, {"address": address, "api_key": "mine"}, on=path)
    other = sam.send(path, {"address": "http://10.7.7.7", "api_key": "", "trial": token(url)}, on=path)
    assert other.status_code == 422, "what was tried at one address is not saved for another"
    assert sam.send(path, {"address": address, "api_key": "", "trial": token(url)}, on=path).status_code == 303
    assert linking.facts_of(workshop.shop, workshop.machine_row("printer-1")).secrets == {"api_key": "mine"}


def test_a_trial_of_another_machine_lends_its_secret_to_nobody(workshop: Workshop, driver: ScriptedDriver) -> None:
    add(workshop)
    sam = workshop.browser("sam")
    url = try_it(sam, {"address": "http://10.0.0.8", "api_key": "other"}, on="/staff/machines/printer-1/link")
    answer = sam.send(NEW, {**FORM, "api_key": "", "trial": token(url)}, on=NEW)
    assert answer.status_code == 422


def test_the_first_message_of_a_machine_on_the_broker_is_confirmed(workshop: Workshop) -> None:
    sam = workshop.browser("sam")
    form = {"key": "prusa-9", "name": "Prusa", "process": "fdm", "driver": "mqtt"}
    page = sam.send(NEW, form, on=NEW, follow_redirects=True).get_data(as_text=True)
    assert "Nothing has come from it yet." in page
    assert "mosquitto_pub" in page
    row = workshop.machine_row("prusa-9")
    answer = sam.client.get(f"/live?page=staff/machine/prusa-9&seen={newest_event()}", buffered=False)
    chunks = iter(answer.response)
    next(chunks)
    workshop.say("prusa-9", b'{"v":1,"state":"running","progress":0.5}')
    text = next(chunks).decode()
    assert 'target="arrival-prusa-9"' in text
    assert "It has arrived: running, " in text
    assert "UTC" not in text
    answer.close()
    with connected():
        assert row.heard_at is None
    close_database()


def test_the_page_shows_how_the_link_stands(
    workshop: Workshop, driver: ScriptedDriver, bridge: Callable[[], RunningBridge]
) -> None:
    add(workshop)
    driver.follow["printer-1"] = report
    bridge()
    soon(workshop, lambda: workshop.machine_row("printer-1").link_state == "connected")
    page = workshop.browser("sam").see("/staff/machines/printer-1")
    for words in ("connected", "Scripted 1.0", "http://127.0.0.1:9", "Change address or key"):
        assert words in page
