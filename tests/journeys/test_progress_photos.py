"""What a customer sees of the making: nothing, then what staff share of the running job, then what was kept."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from PIL import Image
from samples.cameras import QUICK_PACE, WatchedDriver, runs, watched
from samples.linked import RunningBridge, add, soon
from samples.pictures import from_a_phone, jpeg, png_bomb
from samples.queries import asked

from craftops.bridges import bridge as bridges
from craftops.domain.machines.readings import MachineState
from craftops.processes.doctor import examine
from craftops.services.machines import cameras, registry
from craftops.store.database import utcnow
from craftops.store.frames import WANTED
from craftops.store.models import BlobRow, CameraRow, JobRow, OrderRow, ProgressPhotoRow
from craftops.store.work import newest_event
from craftops.testing import Browser, Workshop

M = MachineState
MACHINE = "/staff/machines/printer-1"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridges, "LOOK_EVERY_S", 0.05)


@pytest.fixture
def driver(workshop: Workshop) -> WatchedDriver:
    made = watched(workshop)
    add(workshop)
    return made


@pytest.fixture
def bridge(workshop: Workshop, driver: WatchedDriver) -> Iterator[RunningBridge]:
    running = RunningBridge(workshop, pace=QUICK_PACE)
    yield running
    running.stop()  # the workshop closes the database, when nobody uses it any more


@pytest.fixture
def job(workshop: Workshop, driver: WatchedDriver) -> JobRow:
    """Ada's, waiting for the machine."""
    return workshop.accept(workshop.place("ada"), "printer-1")


def frame_of(job: JobRow) -> str:
    return f"/orders/{job.order.code}/jobs/{job.id}/camera"


def share(sam: Browser, job: JobRow, shared: bool = True) -> str:
    page = f"/staff/orders/{job.order.code}"
    form = {"share": "1" if shared else "0", "back": page}
    answer = sam.send(f"/staff/jobs/{job.id}/camera", form, on=page, follow_redirects=True)
    return answer.get_data(as_text=True)


def seen_job() -> int | None:
    row = CameraRow.get_or_none()
    return row.frame_job_id if row is not None else None


def at_work(workshop: Workshop, driver: WatchedDriver, job: JobRow, *, watch: bool = True) -> None:
    """The job runs, and its machine is looked at."""
    if watch:
        cameras.watch(workshop.shop, [job.machine_id], [])
    runs(driver, job.code)
    soon(workshop, lambda: JobRow.get_by_id(job.id).state == "running")
    soon(workshop, lambda: seen_job() == job.id)


def test_the_customer_looks_while_the_shared_job_runs_and_never_before_or_after(
    workshop: Workshop, driver: WatchedDriver, bridge: RunningBridge, job: JobRow
) -> None:
    ada, bob, sam = workshop.browser("ada"), workshop.browser("bob"), workshop.browser("sam")
    order = f"/orders/{job.order.code}"
    at_work(workshop, driver, job)
    assert ada.get(frame_of(job)).status_code == 404, "nobody has shared it"
    assert "camera" not in ada.see(order)

    assert "sees the camera of" in share(sam, job)
    assert "the customer sees it" in sam.see(MACHINE)
    page = ada.see(order)
    assert frame_of(job) in page
    answer = ada.get(frame_of(job))
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.data)).format == "JPEG"
    for stranger in (bob, workshop.browser()):
        assert stranger.get(frame_of(job)).status_code in (303, 404)
    other = workshop.place("bob")
    assert bob.get(f"/orders/{other.code}/jobs/{job.id}/camera").status_code == 404, "by an order of his own"

    runs(driver, job.code, M.PAUSED)
    soon(workshop, lambda: JobRow.get_by_id(job.id).state == "paused")
    assert ada.get(frame_of(job)).status_code == 404, "hands are in the machine"
    assert "The machine is paused, and so is its camera." in ada.see(order)
    at_work(workshop, driver, job)
    # A picture that was asked for while it was paused may come last: it is of no job, and the next one is.
    soon(workshop, lambda: ada.get(frame_of(job)).status_code == 200)

    runs(driver, job.code, M.DONE)
    soon(workshop, lambda: JobRow.get_by_id(job.id).state == "done")
    assert ada.get(frame_of(job)).status_code == 404
    assert not JobRow.get_by_id(job.id).camera_shared
    assert frame_of(job) not in ada.see(order)


def test_staff_take_it_back_at_once(
    workshop: Workshop, driver: WatchedDriver, bridge: RunningBridge, job: JobRow
) -> None:
    ada, sam = workshop.browser("ada"), workshop.browser("sam")
    share(sam, job)
    assert ada.get(frame_of(job)).status_code == 404, "it does not run yet"
    at_work(workshop, driver, job, watch=False)
    assert ada.get(frame_of(job)).status_code == 200
    assert "does not see the camera" in share(sam, job, False)
    assert ada.get(frame_of(job)).status_code == 404


def test_the_next_job_on_the_machine_starts_unseen(
    workshop: Workshop, driver: WatchedDriver, bridge: RunningBridge, job: JobRow
) -> None:
    """Bob's job follows on Ada's: his shared camera never shows hers, and hers is over for her."""
    sam, ada, bob = workshop.browser("sam"), workshop.browser("ada"), workshop.browser("bob")
    bobs = workshop.accept(workshop.place("bob"), "printer-1")
    share(sam, job)
    share(sam, bobs)
    at_work(workshop, driver, job)
    runs(driver, job.code, M.DONE)
    soon(workshop, lambda: JobRow.get_by_id(job.id).state == "done")
    driver.shoot = driver.hang  # the camera stands still while the next job begins
    runs(driver, bobs.code)
    soon(workshop, lambda: JobRow.get_by_id(bobs.id).state == "running")
    assert bob.get(frame_of(bobs)).status_code == 404
    assert "The first picture comes in a moment." in bob.see(f"/orders/{bobs.order.code}")
    driver.shoot = driver.next_picture
    driver.freed.set()
    soon(workshop, lambda: seen_job() == bobs.id)
    assert bob.get(frame_of(bobs)).status_code == 200
    assert ada.get(frame_of(job)).status_code == 404


def test_the_last_picture_of_a_shared_run_becomes_a_progress_photo(
    workshop: Workshop, driver: WatchedDriver, bridge: RunningBridge, job: JobRow
) -> None:
    share(workshop.browser("sam"), job)
    at_work(workshop, driver, job)
    driver.shoot = driver.hang
    runs(driver, job.code, M.DONE)
    soon(workshop, lambda: JobRow.get_by_id(job.id).state == "done")
    driver.freed.set()
    workshop.run_due()
    [photo] = ProgressPhotoRow.select()
    assert (photo.source, photo.job_id, photo.order_id) == ("end", job.id, job.order_id)
    assert "The end of the run" in workshop.browser("ada").see(f"/orders/{job.order.code}")


def test_a_run_that_was_not_shared_leaves_nothing(
    workshop: Workshop, driver: WatchedDriver, bridge: RunningBridge, job: JobRow
) -> None:
    at_work(workshop, driver, job)
    runs(driver, job.code, M.DONE)
    soon(workshop, lambda: JobRow.get_by_id(job.id).state == "done")
    workshop.run_due()
    assert ProgressPhotoRow.select().count() == 0


def test_staff_keep_what_they_see_and_no_other_picture(
    workshop: Workshop, driver: WatchedDriver, bridge: RunningBridge, job: JobRow
) -> None:
    sam, ada = workshop.browser("sam"), workshop.browser("ada")
    at_work(workshop, driver, job)
    page = sam.see(MACHINE)
    frame = re.search(r'name="frame" value="([0-9a-f]{64})"', page)
    assert frame
    assert sam.get(f"{MACHINE}/camera").mimetype == "image/jpeg"
    assert ada.get(f"{MACHINE}/camera").status_code == 404
    form = {"frame": frame[1], "job": job.code, "caption": " First  layers\n"}
    for _ in range(2):  # somebody clicks twice
        said = sam.send(f"{MACHINE}/photo", form, on=MACHINE, follow_redirects=True).get_data(as_text=True)
        assert f"Kept with order {job.order.code}" in said
    [photo] = ProgressPhotoRow.select()
    assert (photo.caption, photo.kept_by, photo.job_id) == ("First layers", "Sam", job.id)
    assert "First layers" in ada.see(f"/orders/{job.order.code}")
    for wrong, sentence in (({"job": "K-1"}, "is not at K-1 any more"), ({"frame": "0" * 64}, "is gone by now")):
        said = sam.send(f"{MACHINE}/photo", {**form, **wrong}, on=MACHINE, follow_redirects=True)
        assert sentence in said.get_data(as_text=True)
    assert ProgressPhotoRow.select().count() == 1


def test_an_open_page_hears_of_every_picture_and_photo(
    workshop: Workshop, driver: WatchedDriver, bridge: RunningBridge, job: JobRow
) -> None:
    sam, ada = workshop.browser("sam"), workshop.browser("ada")
    share(sam, job)
    at_work(workshop, driver, job)
    wanted = workshop.shop.frames.folder / str(job.machine_id) / WANTED
    wanted.unlink(missing_ok=True)
    for browser, page, target in (
        (sam, "staff/machine/printer-1", 'target="camera-of-printer-1"'),
        (ada, f"order/{job.order.code}", f'target="camera-{job.order.code}"'),
    ):
        answer = browser.client.get(f"/live?page={page}&seen={newest_event()}", buffered=False)
        assert any(target in chunk.decode() for _, chunk in zip(range(40), answer.response, strict=False))
        soon(workshop, wanted.exists)
        wanted.unlink()
        answer.close()


def upload(sam: Browser, order: OrderRow, content: bytes, name: str = "photo.jpg", **more: str) -> str:
    page = f"/staff/orders/{order.code}"
    form = {"photo": (io.BytesIO(content), name), "back": page, **more}
    answer = sam.send(f"{page}/photos", form, on=page, content_type="multipart/form-data", follow_redirects=True)
    return answer.get_data(as_text=True)


def test_a_photo_from_a_phone_is_seen_and_taken_away_again(workshop: Workshop) -> None:
    sam, ada, bob = workshop.browser("sam"), workshop.browser("ada"), workshop.browser("bob")
    order = workshop.place("ada")
    page = sam.see(f"/staff/orders/{order.code}")
    assert 'accept="image/*" capture' in page
    upload(sam, order, from_a_phone(), caption="Sanded <b>twice</b>")
    [photo] = ProgressPhotoRow.select()
    assert examine(workshop.shop, at=utcnow()) == []
    seen = ada.see(f"/orders/{order.code}")
    assert "Sanded &lt;b&gt;twice&lt;/b&gt;" in seen
    large = f"/orders/{order.code}/photos/{photo.id}"
    assert large in seen
    assert f"{large}/picture" in ada.see(large)
    for path, side in ((f"{large}/picture", 320), (f"{large}/picture?small=1", 320)):
        answer = ada.get(path)
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(answer.data)).size == (240, side)
        assert b"Ada Lovelace" not in answer.data
        assert "no-cache" in answer.headers["Cache-Control"]
        assert bob.get(path).status_code == 404
    others = workshop.place("bob")
    assert bob.get(f"/orders/{others.code}/photos/{photo.id}").status_code == 404
    shas = (photo.blob_id, photo.small_id)
    said = sam.send(f"/staff/photos/{photo.id}/remove", {}, on=f"/staff/orders/{order.code}", follow_redirects=True)
    assert "The photo is gone." in said.get_data(as_text=True)
    assert ada.get(large).status_code == 404
    assert ada.get(f"{large}/picture").status_code == 404
    assert BlobRow.select().where(BlobRow.sha256.in_(shas)).count() == 0
    assert OrderRow.get_by_id(order.id).photos == 0
    assert examine(workshop.shop, at=utcnow()) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Choose a photo."),
        (b"no picture at all", "Send a JPEG or a PNG."),
        (jpeg()[:600], "cut off or damaged"),
        (png_bomb(), "too many pixels"),
        (bytes(25_000_001), "larger than 25 MB"),
    ],
    ids=range(5),
)
def test_what_is_no_photo_is_refused_in_a_sentence(workshop: Workshop, content: bytes, sentence: str) -> None:
    sam = workshop.browser("sam")
    order = workshop.place("ada")
    assert sentence in upload(sam, order, content)
    assert ProgressPhotoRow.select().count() == 0


def test_two_orders_may_have_the_same_picture(workshop: Workshop) -> None:
    sam = workshop.browser("sam")
    first, second = workshop.place("ada"), workshop.place("bob")
    for order in (first, second):
        upload(sam, order, jpeg())
    one, other = ProgressPhotoRow.select().order_by(ProgressPhotoRow.id)
    sam.send(f"/staff/photos/{one.id}/remove", {}, on="/staff/")
    path = f"/orders/{second.code}/photos/{other.id}/picture"
    assert workshop.browser("bob").get(path).status_code == 200


def test_the_page_says_what_became_of_a_machine_that_is_gone(
    workshop: Workshop, driver: WatchedDriver, bridge: RunningBridge, job: JobRow
) -> None:
    share(workshop.browser("sam"), job)
    at_work(workshop, driver, job)
    registry.set_enabled("printer-1", False, actor=workshop.actor("sam"), at=utcnow())
    assert 'aria-label="Camera"' not in workshop.browser("sam").see(MACHINE)
    assert "Share camera" not in workshop.browser("sam").see(f"/staff/orders/{job.order.code}")


def test_what_a_camera_saw_a_day_ago_is_forgotten(workshop: Workshop, driver: WatchedDriver, job: JobRow) -> None:
    cameras.take(workshop.shop, job.machine_id, jpeg(), None, at=utcnow())
    sam = workshop.browser("sam")
    assert sam.get(f"{MACHINE}/camera").status_code == 200
    cameras.tidy(workshop.shop, at=utcnow() + timedelta(hours=23))
    assert sam.get(f"{MACHINE}/camera").status_code == 200
    cameras.tidy(workshop.shop, at=utcnow() + timedelta(hours=25))
    assert sam.get(f"{MACHINE}/camera").status_code == 404
    assert "No picture yet." in sam.see(MACHINE)
    assert not any(path.name != WANTED for path in workshop.shop.frames.folder.glob("*/*"))


def test_a_machine_without_eyes_is_not_offered(workshop: Workshop) -> None:
    workshop.machine("printer-2")
    job = workshop.accept(workshop.place("ada"), "printer-2")
    sam = workshop.browser("sam")
    assert "Share camera" not in sam.see(f"/staff/orders/{job.order.code}")
    assert 'aria-label="Camera"' not in sam.see("/staff/machines/printer-2")
    assert "on no machine with a camera" in share(sam, job)


def test_a_page_with_photos_and_a_camera_needs_no_more_than_eight_queries(
    workshop: Workshop, driver: WatchedDriver, bridge: RunningBridge, job: JobRow
) -> None:
    sam, ada = workshop.browser("sam"), workshop.browser("ada")
    share(sam, job)
    at_work(workshop, driver, job)
    for number in range(3):
        upload(sam, job.order, jpeg(colour=(number, 0, 0)))
    bridge.stop_event.set()
    bridge.thread.join(15)
    said = asked(ada, f"/orders/{job.order.code}")
    assert len(said) <= 8, said
