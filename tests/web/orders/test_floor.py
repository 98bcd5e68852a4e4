"""The floor: lists that count what they show, boards, machines, customers, exports."""

from __future__ import annotations

import csv
import io
import re

from craftops.store.database import utcnow
from craftops.store.models import JobRow
from craftops.testing import Workshop
from craftops.web.frame import panels
from craftops.web.frame.spreadsheet import cell


def test_every_count_equals_its_list(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    for _ in range(8):
        workshop.place("ada")
    workshop.accept(workshop.place("bob"))
    sam = workshop.browser("sam")
    home = sam.see("/staff/")
    counts = dict(re.findall(r'id="todo-(\w+)".*?class="count">(\d+)<', home, re.DOTALL))
    assert set(counts) == set(workshop.app.extensions[panels.EXTENSION].todo)
    assert counts["review"] == "8"
    assert counts["plan"] == "1"
    for key, count in counts.items():
        assert sam.see(f"/staff/todo/{key}").count('class="todo"') == int(count)


def test_search_finds_by_code_title_and_customer(workshop: Workshop) -> None:
    order = workshop.place("ada")
    other = workshop.place("bob")
    sam = workshop.browser("sam")
    assert sam.get(f"/staff/orders?q={order.code.lower()}").headers["Location"].endswith(order.code)
    page = sam.see("/staff/orders?q=Ada")
    assert order.code in page
    assert other.code not in page
    assert "No order fits." in sam.see("/staff/orders?q=nothing%25_like_this")


def test_the_export_is_a_table_and_no_formula(workshop: Workshop) -> None:
    order = workshop.place("ada")
    rows = list(csv.reader(io.StringIO(workshop.browser("sam").get("/staff/orders.csv").get_data(as_text=True))))
    assert rows[0][0] == "code"
    assert rows[1][0] == order.code
    assert [cell(text) for text in ("=1+1", "+49", "-1", "@x", "\tx", "plain")] == [
        "'=1+1",
        "'+49",
        "'-1",
        "'@x",
        "'\tx",
        "plain",
    ]


def test_a_machines_password_is_shown_once(workshop: Workshop) -> None:
    sam = workshop.browser("sam")
    form = {"key": "prusa-9", "name": "Prusa <9>", "process": "fdm", "driver": "mqtt"}
    page = sam.send("/staff/machines/new", form, on="/staff/machines/new", follow_redirects=True).get_data(as_text=True)
    assert "It is shown this once" in page
    assert "Prusa &lt;9&gt;" in page
    secret = re.search(r'id="secret">([^<]+)<', page)[1]
    assert secret not in sam.see("/staff/machines/prusa-9")
    assert secret not in workshop.machine_row("prusa-9").credential_hash
    page = sam.send("/staff/machines/prusa-9/credential", on="/staff/", follow_redirects=True).get_data(as_text=True)
    assert re.search(r'id="secret">([^<]+)<', page)[1] != secret


def test_a_machine_that_cannot_be_added_says_why(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    sam = workshop.browser("sam")
    for form, sentence in (
        ({"key": "printer-1", "name": "Twin", "process": "fdm", "driver": "mqtt"}, "Choose another key."),
        ({"key": "A/#", "name": "Odd", "process": "fdm", "driver": "mqtt"}, "lower case letters"),
        ({"key": "p2", "name": "", "process": "fdm", "driver": "mqtt"}, "Give the machine a name."),
        ({"key": "p2", "name": "P", "process": "fdm", "driver": "telepathy"}, "Pick how the machine is connected."),
    ):
        answer = sam.send("/staff/machines/new", form, on="/staff/machines/new")
        assert answer.status_code == 422
        assert sentence in answer.get_data(as_text=True)


def test_bad_words_of_a_machine_are_counted_and_shown(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    workshop.say("printer-1", b'{"v":1,"state":"running","progress":0.3}')
    for payload in (b'{"v":1,"state":"running","progress":37}', b'{"v":1,"state":', b"x" * 1_000_000):
        workshop.say("printer-1", payload)
    page = workshop.browser("sam").see("/staff/machines/printer-1")
    assert "3 refused" in page
    assert "bad_value" in page
    assert "not_json" in page
    assert "too_large" in page
    assert workshop.machine_row("printer-1").state == "running"


def test_a_queue_is_put_in_another_order(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    jobs = [workshop.accept(workshop.place("ada"), "printer-1") for _ in range(3)]
    sam = workshop.browser("sam")
    sam.send(f"/staff/jobs/{jobs[2].id}/reorder", {"direction": "up"}, on="/staff/")
    order = [row.code for row in JobRow.select().order_by(JobRow.position)]
    assert order == [jobs[0].code, jobs[2].code, jobs[1].code]
    sam.send(f"/staff/jobs/{jobs[0].id}/unqueue", on="/staff/")
    assert JobRow.get_by_id(jobs[0].id).state == "planned"


def test_a_job_of_another_process_is_refused_with_the_reason(workshop: Workshop) -> None:
    workshop.machine("laser-1", "manual", "laser")
    job = workshop.accept(workshop.place("ada"))
    page = workshop.browser("sam").send(
        f"/staff/jobs/{job.id}/queue", {"machine": "laser-1"}, on="/staff/", follow_redirects=True
    )
    assert "works by laser, and this job needs fdm" in page.get_data(as_text=True)


def test_an_unexplained_run_is_offered_and_claimed(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    job = workshop.accept(workshop.place("ada"), "printer-1")
    payload = b'{"v":1,"state":"running","progress":0.2,"job":{"id":"x9","file":"benchy.gcode"}}'
    workshop.say("printer-1", payload)
    assert JobRow.get_by_id(job.id).state == "queued"
    sam = workshop.browser("sam")
    assert "no waiting job has that name" in sam.see("/staff/machines/printer-1")
    sam.send("/staff/machines/printer-1/claim", {"job": str(job.id)}, on="/staff/")
    assert JobRow.get_by_id(job.id).state == "running"
    assert workshop.stage(job.order) == "in_production"


def test_a_failed_job_is_planned_again_once(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    job = workshop.accept(workshop.place("ada"), "printer-1")
    for state in ("running", "failed"):
        workshop.say(
            "printer-1", f'{{"v":1,"state":"{state}","job":{{"id":"a","ref":"{job.code}"}}}}'.encode(), utcnow()
        )
    sam = workshop.browser("sam")
    for _ in range(2):
        sam.send(f"/staff/jobs/{job.id}/retry", on="/staff/")
    assert JobRow.select().where(JobRow.replaces == job.id).count() == 1


def test_a_customer_from_the_counter(workshop: Workshop) -> None:
    sam = workshop.browser("sam")
    form = {"name": "Carl & Söhne <GmbH>", "email": "Carl@Example.org", "phone": ""}
    page = sam.send("/staff/customers/new", form, on="/staff/", follow_redirects=True).get_data(as_text=True)
    assert "Carl &amp; Söhne &lt;GmbH&gt;" in page
    assert "carl@example.org" in sam.see("/staff/customers?q=carl")
    again = sam.send("/staff/customers/new", form, on="/staff/")
    assert "There is an account with this e-mail address already." in again.get_data(as_text=True)


def test_a_name_of_sixty_characters_and_a_thousand_of_it(workshop: Workshop) -> None:
    order = workshop.place(
        "ada", quantity=1000, instructions="Donaudampfschifffahrtselektrizitätenhauptbetriebswerk " * 40
    )
    assert "1000 ×" in workshop.browser("ada").see(f"/orders/{order.code}")


def test_a_part_that_is_too_large_for_a_machine_is_told_before_it_is_queued(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    job = workshop.accept(workshop.place("ada"))
    sam = workshop.browser("sam")
    order, machine = f"/staff/orders/{job.order.code}", "/staff/machines/printer-1"
    assert "too small" not in sam.see(order), "nobody has said how large it is"
    for bed, told in (("15 x 200 x 200", True), ("20 × 20 × 20", False), ("", False)):
        sam.send(f"{machine}/bed", {"bed": bed}, on=machine)
        assert ("Printer-1 (too small)" in sam.see(order)) is told, bed
    answer = sam.send(f"{machine}/bed", {"bed": "large"}, on=machine, follow_redirects=True)
    assert "Write the size as 250 × 210 × 220." in answer.get_data(as_text=True)
    assert "about 10 g each when solid" in sam.see(order)
