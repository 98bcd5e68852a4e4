"""The schedule: what is shown, what a move says before it is made, two people at once, proposals, undo."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from samples.queries import asked

from craftops.domain.estimation.estimate import Basis, Estimate, Punctuality, Window, is_news
from craftops.services.orders import ordering
from craftops.services.schedule import capabilities
from craftops.services.schedule.moving import consider
from craftops.services.schedule.plan import read_plan
from craftops.services.schedule.what_if import WhatIf
from craftops.store.database import utcnow
from craftops.store.models import EventRow, JobRow, OrderRow, PlanChangeRow
from craftops.testing import Workshop
from craftops.testing.workshop import Browser

HERE = "/staff/schedule"


def looked(sam: Browser, job: JobRow, to: str) -> dict[str, str]:
    """The form that a person sees after a drop, as it would be sent."""
    page = sam.see(f"{HERE}/jobs/{job.id}?to={quote(to)}")
    fields = dict(
        re.findall(
            r'name="(to|mark|back|then)" value="([^"]*)"', page.split('<form class="actions"')[1].split("</form>")[0]
        )
    )
    assert fields["to"] == to
    return fields


def moved(sam: Browser, job: JobRow, fields: dict[str, str]) -> str:
    return sam.send(f"{HERE}/jobs/{job.id}/move", fields, on=HERE, follow_redirects=True).get_data(as_text=True)


def queue(key: str) -> list[str]:
    rows = JobRow.select().where(JobRow.state == "queued").order_by(JobRow.position)
    return [row.code for row in rows if row.machine.key == key]


@pytest.fixture
def floor(workshop: Workshop) -> list[JobRow]:
    """Three jobs wait for printer-1, one has no machine; there are two printers and a laser."""
    for key, driver, process in (
        ("printer-1", "mqtt", "fdm"),
        ("printer-2", "manual", "fdm"),
        ("laser-1", "manual", "laser"),
    ):
        workshop.machine(key, driver, process)
    jobs = [workshop.accept(workshop.place("ada", quantity=40), "printer-1") for _ in range(3)]
    return [*jobs, workshop.accept(workshop.place("bob"))]


def test_the_page_shows_lanes_bars_and_what_needs_a_machine(workshop: Workshop, floor: list[JobRow]) -> None:
    sam = workshop.browser("sam")
    page = sam.see(f"{HERE}?scale=week")
    for job in floor[:3]:
        assert f'id="bar-{job.id}"' in page
    assert "2 later" in sam.see(HERE), "what the page is too short for is counted"
    assert f'id="card-{floor[3].id}"' in page
    for key in ("printer-1", "printer-2", "laser-1"):
        assert f'id="lane-{key}"' in page
    for scale in ("days", "week", "nonsense"):
        assert 'id="lane-laser-1"' in sam.see(f"{HERE}?scale={scale}&first=2026-11-23")
    assert 'id="lane-laser-1"' in sam.see(f"{HERE}?first=9999-99-99")


def test_a_move_says_whose_estimate_it_moves_and_is_made_once(workshop: Workshop, floor: list[JobRow]) -> None:
    sam = workshop.browser("sam")
    first, _second, third, _loose = floor
    before = {row.id: row.window_end for row in OrderRow.select()}
    page = sam.see(f"{HERE}/jobs/{third.id}?to=printer-1/{first.id}")
    assert f"{third.code} to Printer-1, before {first.code}" in page
    assert re.search(rf"{third.order.code}</a>.*?earlier", page, re.DOTALL)
    assert re.search(rf"{first.order.code}</a>.*?later", page, re.DOTALL)
    assert queue("printer-1") == [job.code for job in floor[:3]], "looking moves nothing"
    fields = looked(sam, third, f"printer-1/{first.id}")
    assert "Moved:" in moved(sam, third, fields)
    assert "It stands there already." in moved(sam, third, fields), "a double click is one move"
    assert PlanChangeRow.select().count() == 1
    assert queue("printer-1") == [third.code, first.code, _second.code]
    after = {row.id: row.window_end for row in OrderRow.select()}
    assert after[third.order_id] < before[third.order_id]
    assert after[first.order_id] > before[first.order_id]


@pytest.mark.parametrize(("hours", "words"), [(2, "begins 2 h later"), (-2, "begins 2 h earlier")])
def test_a_window_that_only_begins_at_another_time_has_moved(
    workshop: Workshop, floor: list[JobRow], monkeypatch: pytest.MonkeyPatch, hours: int, words: str
) -> None:
    """What ends at night is unloaded in the morning, whenever it began: the end stands, and the beginning does not."""
    reached: list[dict[int, Estimate]] = []
    at = (utcnow() + timedelta(days=1)).replace(minute=0)

    def windows(*_: object) -> dict[int, Estimate]:
        shift = timedelta(hours=hours) if reached else timedelta(0)
        window = Window(at + shift, at + timedelta(days=3))
        reached.append({row.id: Estimate(window, Basis.SCHEDULE, at) for row in OrderRow.select()})
        return reached[-1]

    monkeypatch.setattr(WhatIf, "windows", windows)
    page = workshop.browser("sam").see(f"{HERE}/jobs/{floor[0].id}?to=printer-2/")
    assert len(reached) == 2
    assert words in page
    assert "No order's window moves" not in page


def test_what_was_shown_is_what_comes(workshop: Workshop, floor: list[JobRow]) -> None:
    now = utcnow()
    plan = read_plan(workshop.shop, workshop.shop.profile().calendar, now)
    found = consider(plan, floor[0].id, "printer-2", None)
    shown = {row.id: Window(row.window_start, row.window_end, row.window_middle) for row in OrderRow.select()}
    fields = looked(workshop.browser("sam"), floor[0], "printer-2/")
    moved(workshop.browser("sam"), floor[0], fields)
    assert found.moves
    for move in found.moves:
        order = OrderRow.get_by_id(move.order_id)
        assert move.after.window is not None
        if is_news(shown[order.id], move.after.window, now):
            assert abs(order.window_end - move.after.window.end) < timedelta(minutes=6)
        else:
            assert Window(order.window_start, order.window_end) == shown[order.id], "it still holds what we believe"


def test_two_people_at_once_the_second_is_told(workshop: Workshop, floor: list[JobRow]) -> None:
    sam, olga = workshop.browser("sam"), workshop.browser("olga")
    mine = looked(sam, floor[2], f"printer-1/{floor[0].id}")
    theirs = looked(olga, floor[1], "printer-2/")
    assert "Moved:" in moved(olga, floor[1], theirs)
    answer = moved(sam, floor[2], mine)
    assert "The plan has changed since you looked." in answer
    assert f"{floor[2].code} to Printer-1, before {floor[0].code}" in answer, "and it is shown anew"
    assert queue("printer-1") == [floor[0].code, floor[2].code]
    assert "Moved:" in moved(sam, floor[2], looked(sam, floor[2], f"printer-1/{floor[0].id}"))


def test_eight_clicks_at_the_same_moment_are_one_move(workshop: Workshop, floor: list[JobRow]) -> None:
    browsers = [workshop.browser(who) for who in ("sam", "olga") * 4]
    fields = [looked(one, floor[2], f"printer-1/{floor[0].id}") for one in browsers]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda pair: moved(pair[0], floor[2], pair[1]), zip(browsers, fields, strict=True)))
    assert sum("Moved:" in one for one in said) == 1
    assert sum("It stands there already." in one for one in said) == 7
    assert PlanChangeRow.select().count() == 1


def test_somebody_elsewhere_does_not_disturb(workshop: Workshop, floor: list[JobRow]) -> None:
    sam, olga = workshop.browser("sam"), workshop.browser("olga")
    mine = looked(sam, floor[2], f"printer-1/{floor[0].id}")
    moved(olga, floor[3], looked(olga, floor[3], "printer-2/"))
    assert "Moved:" in moved(sam, floor[2], mine)


def test_what_cannot_be_says_why_and_is_refused(workshop: Workshop, floor: list[JobRow]) -> None:
    sam = workshop.browser("sam")
    why = "Laser-1 works by laser, and this job needs fdm."
    assert why in sam.see(f"{HERE}/jobs/{floor[0].id}?to=laser-1/")
    assert sam.get(f"{HERE}/jobs/{floor[0].id}/places").get_json()["laser-1"] == {"why": why, "warning": ""}
    forged = {"to": "laser-1/", "mark": looked(sam, floor[0], "printer-2/")["mark"]}
    assert why in moved(sam, floor[0], forged)
    workshop.say("printer-1", f'{{"v":1,"state":"running","job":{{"id":"r","ref":"{floor[0].code}"}}}}'.encode())
    assert "has begun" in sam.see(f"{HERE}/jobs/{floor[0].id}?to=printer-2/")
    assert "has begun" in moved(sam, floor[0], {"to": "printer-2/", "mark": "x"})
    assert JobRow.get_by_id(floor[0].id).state == "running"
    for to in ("nowhere/", "printer-1/99999", "printer-1/x"):
        answer = sam.send(f"{HERE}/jobs/{floor[1].id}/move", {"to": to, "mark": ""}, on=HERE)
        assert answer.status_code == 303, to
    assert sam.get(f"{HERE}/jobs/99999").status_code == 303
    assert queue("printer-1") == [floor[1].code, floor[2].code]
    assert PlanChangeRow.select().count() == 0


def test_a_form_without_its_token_moves_nothing(workshop: Workshop, floor: list[JobRow]) -> None:
    sam = workshop.browser("sam")
    fields = looked(sam, floor[3], "printer-2/")
    assert sam.client.post(f"{HERE}/jobs/{floor[3].id}/move", data=fields).status_code == 400
    assert queue("printer-2") == []


def test_a_move_is_undone_once_and_not_under_somebody_elses_hands(workshop: Workshop, floor: list[JobRow]) -> None:
    sam = workshop.browser("sam")
    moved(sam, floor[0], looked(sam, floor[0], "printer-2/"))
    change = PlanChangeRow.get()
    assert f"{HERE}/changes/{change.id}/undo" in sam.see(HERE)
    for _ in range(2):
        page = sam.send(f"{HERE}/changes/{change.id}/undo", on=HERE, follow_redirects=True).get_data(as_text=True)
        assert "Taken back" in page
    assert queue("printer-1") == [job.code for job in floor[:3]]
    assert [row.kind for row in PlanChangeRow.select().order_by(PlanChangeRow.id)] == ["move", "undo"]
    moved(sam, floor[3], looked(sam, floor[3], "printer-2/"))
    moved(sam, floor[1], looked(sam, floor[1], f"printer-2/{floor[3].id}"))
    older = PlanChangeRow.select().order_by(PlanChangeRow.id.desc())[1]
    page = sam.send(f"{HERE}/changes/{older.id}/undo", on=HERE, follow_redirects=True).get_data(as_text=True)
    assert "The plan has changed since you looked." in page
    assert queue("printer-2") == [floor[1].code, floor[3].code]


def test_a_job_goes_off_its_machine(workshop: Workshop, floor: list[JobRow]) -> None:
    sam = workshop.browser("sam")
    moved(sam, floor[1], looked(sam, floor[1], "/"))
    row = JobRow.get_by_id(floor[1].id)
    assert (row.state, row.machine_id) == ("planned", None)
    assert queue("printer-1") == [floor[0].code, floor[2].code]


def test_a_broken_promise_is_said_before_the_move(workshop: Workshop, floor: list[JobRow]) -> None:
    first, third = floor[0], floor[2]
    OrderRow.update(promise_at=OrderRow.get_by_id(first.order_id).window_end).where(
        OrderRow.id == first.order_id
    ).execute()
    plan = read_plan(workshop.shop, workshop.shop.profile().calendar, utcnow())
    found = consider(plan, third.id, "printer-1", first.id)
    worst = found.moves[0]
    assert worst.order_id == first.order_id, "the broken promise comes first"
    assert worst.chip_before is Punctuality.ON_TRACK
    assert worst.chip_after in (Punctuality.AT_RISK, Punctuality.LATE)
    assert 'class="breaks"' in workshop.browser("sam").see(f"{HERE}/jobs/{third.id}?to=printer-1/{first.id}")


def test_a_proposal_is_accepted_in_part_once_and_taken_back(workshop: Workshop, floor: list[JobRow]) -> None:
    sam = workshop.browser("sam")
    more = [workshop.accept(workshop.place("bob", quantity=n)) for n in (1, 30)]
    loose = [floor[3], *more]
    page = sam.see(f"{HERE}/proposal")
    places = re.findall(r'name="place" value="([^"]+)"', page)
    assert {int(one.split("/")[0]) for one in places} == {job.id for job in loose}
    assert all("printer" in one for one in places)
    assert all(JobRow.get_by_id(job.id).state == "planned" for job in loose), "a proposal does nothing"
    mark = re.search(r'name="mark" value="(\w+)"', page)[1]
    for said in ("2 jobs have their places.", "They stand there already."):
        answer = sam.send(f"{HERE}/proposal", {"mark": mark, "place": places[:2]}, on=HERE, follow_redirects=True)
        assert said in answer.get_data(as_text=True)
    states = sorted(JobRow.get_by_id(job.id).state for job in loose)
    assert states == ["planned", "queued", "queued"]
    late = sam.send(f"{HERE}/proposal", {"mark": mark, "place": places[2:]}, on=HERE, follow_redirects=True)
    assert "The plan has changed since you looked." in late.get_data(as_text=True)
    none = sam.send(f"{HERE}/proposal", {"mark": mark}, on=HERE, follow_redirects=True).get_data(as_text=True)
    assert "Choose at least one job." in none
    sam.send(f"{HERE}/changes/{PlanChangeRow.get().id}/undo", on=HERE)
    assert all(JobRow.get_by_id(job.id).state == "planned" for job in loose)


def test_only_the_chosen_ones_and_the_waiting_ones_anew(workshop: Workshop, floor: list[JobRow]) -> None:
    sam = workshop.browser("sam")
    page = sam.see(f"{HERE}/proposal?job={floor[1].id}")
    assert re.findall(r'name="place" value="(\d+)/', page) == [str(floor[1].id)]
    assert "instead of Printer-1" in page
    page = sam.see(f"{HERE}/proposal?all=1")
    places = re.findall(r'name="place" value="(\d+)/([\w-]+)"', page)
    assert {int(job) for job, _ in places} == {job.id for job in floor}
    assert {key for _, key in places} == {"printer-1", "printer-2"}, "two machines are better than one"
    mark = re.search(r'name="mark" value="(\w+)"', page)[1]
    sam.send(f"{HERE}/proposal", {"mark": mark, "place": [f"{job}/{key}" for job, key in places]}, on=HERE)
    assert {key: len(queue(key)) for key in ("printer-1", "printer-2")} == {
        key: sum(1 for _, one in places if one == key) for key in ("printer-1", "printer-2")
    }


def test_nothing_fits_is_said_with_the_reason(workshop: Workshop) -> None:
    workshop.machine("laser-1", "manual", "laser")
    workshop.accept(workshop.place("ada"))
    page = workshop.browser("sam").see(f"{HERE}/proposal")
    assert "Laser-1 works by laser, and this job needs fdm." in page
    assert 'name="place"' not in page


def test_an_order_on_hold_gets_no_place(workshop: Workshop, floor: list[JobRow]) -> None:
    ordering.hold(
        workshop.shop, floor[3].order.code, "Which colour?", waits_for_customer=True, actor=workshop.actor("sam"),
        at=utcnow(),
    )  # fmt: skip
    page = workshop.browser("sam").see(f"{HERE}/proposal")
    assert "Its order is on hold." in page
    assert 'name="place"' not in page
    assert "on hold" in workshop.browser("sam").see(HERE)


def test_maintenance_and_closed_hours_are_seen_and_planned_around(workshop: Workshop, floor: list[JobRow]) -> None:
    now = utcnow()
    capabilities.add_block(
        workshop.shop, "printer-1", start=now - timedelta(hours=1), end=now + timedelta(hours=5), reason="new <belts>",
        actor=workshop.actor("sam"), at=now,
    )  # fmt: skip
    page = workshop.browser("sam").see(HERE)
    assert "Maintenance: new &lt;belts&gt;" in page
    plan = read_plan(workshop.shop, workshop.shop.profile().calendar, now)
    lane = plan.slots[plan.machine("printer-1").machine_id]
    assert min(slot.start for slot in lane) >= now + timedelta(hours=5)


def test_nobody_knows_when_while_maintenance_has_no_end(workshop: Workshop, floor: list[JobRow]) -> None:
    now = utcnow()
    capabilities.add_block(
        workshop.shop, "printer-1", start=now - timedelta(hours=1), end=None, reason="waits for a part", actor=workshop.actor("sam"),
        at=now,
    )  # fmt: skip
    sam = workshop.browser("sam")
    page = sam.see(f"{HERE}?scale=week")
    assert page.count("when the maintenance is over") == 3
    assert "3 later" in page
    answer = sam.see(f"{HERE}/jobs/{floor[2].id}?to=printer-1/{floor[0].id}")
    assert "when the maintenance is over" in answer
    assert "3000" not in page + answer


def test_what_runs_into_maintenance_without_an_end_says_so(workshop: Workshop, floor: list[JobRow]) -> None:
    now = utcnow()
    capabilities.add_block(
        workshop.shop, "printer-1", start=now + timedelta(minutes=1), end=None, reason="waits for a part", actor=workshop.actor("sam"),
        at=now,
    )  # fmt: skip
    JobRow.update(state="running", started_at=now, planned_s=36_000.0).where(JobRow.id == floor[0].id).execute()
    page = workshop.browser("sam").see(f"{HERE}?scale=week")
    assert ", and on when the maintenance is over" in page
    assert "2 later" in page
    assert "3000" not in page


def test_the_schedule_costs_ten_queries_however_much_waits(workshop: Workshop, floor: list[JobRow]) -> None:
    sam = workshop.browser("sam")
    said = asked(sam, HERE)
    assert 1 < len(said) <= 10, said
    for _ in range(6):
        workshop.accept(workshop.place("ada"), "printer-2")
    assert len(asked(sam, HERE)) == len(said)


def test_every_change_is_told_to_open_pages(workshop: Workshop, floor: list[JobRow]) -> None:
    sam = workshop.browser("sam")
    newest = EventRow.select().count()
    moved(sam, floor[0], looked(sam, floor[0], "printer-2/"))
    kinds = {row.kind for row in EventRow.select().order_by(EventRow.id).offset(newest)}
    assert {"job_changed", "machine_changed", "estimate_changed"} <= kinds


def test_a_moment_is_shown_by_the_clock_of_the_shop(workshop: Workshop, floor: list[JobRow]) -> None:
    zone = workshop.shop.profile().zone
    page = workshop.browser("sam").see(f"{HERE}?scale=week")
    assert datetime.now(zone).strftime("%d").lstrip("0") in page or "today" in page
