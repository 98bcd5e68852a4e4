"""Plugins that say no: to a file, an order, a move by hand; what machines prove is not theirs to refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest

from craftops.domain.orders.workflow import Stage
from craftops.errors import IllegalMove, IntakeError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.rules import MoveAsked, OrderAsked, UploadAsked
from craftops.sdk.settings import NoSettings
from craftops.services.orders import ordering
from craftops.store.database import utcnow
from craftops.store.models import DesignFileRow, OrderRow, UploadRow
from craftops.testing import Workshop

PLUGINS = '[plugins]\nenabled = ["house_rules", "notify_email"]\n'


class Doorman(Plugin[NoSettings]):
    name = "doorman"
    title = "Doorman"
    summary = "Refuses what the test wants."
    asked: list[object]
    says: object = None
    about: tuple[type, ...]

    def __init__(self, settings: NoSettings) -> None:
        super().__init__(settings)
        type(self).asked, type(self).says, type(self).about = [], None, (UploadAsked, OrderAsked, MoveAsked)

    def _answer(self, about: object) -> str | None:
        self.asked.append(about)
        if not isinstance(about, self.about):
            return None
        if isinstance(self.says, Exception):
            raise self.says
        return self.says  # type: ignore[return-value]

    @hookimpl
    def refuse_upload(self, upload: UploadAsked) -> str | None:
        return self._answer(upload)

    @hookimpl
    def refuse_order(self, order: OrderAsked) -> str | None:
        return self._answer(order)

    @hookimpl
    def refuse_stage_change(self, move: MoveAsked) -> str | None:
        return self._answer(move)


@pytest.fixture
def door(plug_in: Callable[..., Workshop]) -> Workshop:
    return plug_in(Doorman)


def test_a_file_is_refused_before_a_byte_of_it_came(door: Workshop) -> None:
    Doorman.says = "Not on a Sunday."
    told = door.sender("ada").announce(1_000)
    assert (told.status_code, "Not on a Sunday." in told.text) == (422, True)
    assert UploadRow.select().count() == DesignFileRow.select().count() == 0
    [asked] = Doorman.asked
    assert isinstance(asked, UploadAsked)
    assert (asked.name, asked.format, asked.size, asked.owner) == ("part.stl", "stl", 1_000, "ada@example.org")


def test_an_order_is_refused_and_nothing_of_it_is_written(door: Workshop) -> None:
    Doorman.says, Doorman.about = "We are full until May.", (OrderAsked,)
    with pytest.raises(IntakeError, match="We are full until May"):
        door.place("ada", quantity=2)
    assert OrderRow.select().count() == 0
    asked = Doorman.asked[-1]
    assert isinstance(asked, OrderAsked)
    assert [(line.quantity, line.specification.material) for line in asked.lines] == [(2, "pla")]
    assert asked.lines[0].analysis is not None
    Doorman.says = None
    assert door.place("ada").stage == Stage.RECEIVED.value


def test_a_move_by_hand_is_refused_with_its_reason_on_the_page(door: Workshop) -> None:
    order = door.place("ada")
    Doorman.says = "Wait for the boss."
    with pytest.raises(IllegalMove, match="Wait for the boss"):
        ordering.move(door.shop, order.code, Stage.IN_REVIEW, actor=door.actor("sam"), at=utcnow())
    path = f"/staff/orders/{order.code}"
    answer = door.browser("sam").send(f"{path}/move", {"to": "in_review"}, on=path, follow_redirects=True)
    assert "Wait for the boss." in answer.text
    assert door.stage(order) == "received"


def test_what_a_machine_proves_is_not_asked_about(door: Workshop) -> None:
    door.machine("printer-1")
    order = door.place("ada")
    job = door.accept(order, "printer-1").code
    Doorman.says, began = "Never.", utcnow()
    for minutes, state in ((0, "running"), (20, "running"), (40, "done")):
        said = {"v": 1, "state": state, "progress": minutes / 40, "job": {"id": "r1", "ref": job}}
        door.say("printer-1", orjson.dumps(said), began + timedelta(minutes=minutes))
    assert door.stage(order) not in ("queued", "in_production")


@pytest.mark.parametrize("answer", [7, "", "  ", ["no"], ValueError("broken")], ids=repr)
def test_one_that_fails_refuses_nothing_and_is_counted(door: Workshop, answer: object) -> None:
    Doorman.says = answer
    assert door.place("ada").stage == "received"
    assert door.shop.plugins.failures["doorman"] >= 2


def test_a_long_answer_is_cut_and_stays_one_line(door: Workshop) -> None:
    Doorman.says = "No.\n" * 400
    with pytest.raises(IntakeError) as caught:
        door.upload("ada")
    assert len(caught.value.sentence) <= 300
    assert "\n" not in caught.value.sentence


@pytest.mark.parametrize(
    ("rule", "before", "after", "refused"),
    [
        ("two_people = true", Stage.QUALITY_CHECK, Stage.READY_FOR_PICKUP, True),
        ("two_people = false", Stage.QUALITY_CHECK, Stage.READY_FOR_PICKUP, False),
        ("two_people = true", Stage.RECEIVED, Stage.IN_REVIEW, False),
        ("po_number = true", Stage.IN_REVIEW, Stage.QUEUED, True),
        ("po_number = true", Stage.RECEIVED, Stage.IN_REVIEW, False),
    ],
)
def test_house_rules_about_moves(
    make_workshop: Callable[..., Workshop], rule: str, before: Stage, after: Stage, *, refused: bool
) -> None:
    shop = make_workshop(f"{PLUGINS}[plugin.house_rules]\n{rule}\n")
    from craftops.domain.people.access import Actor, ActorKind

    sam = Actor(ActorKind.STAFF, 1, "Sam")
    move = MoveAsked("K7RCX3", "Vase", "Ada", "Acme", "", before, after, sam, "Sam", utcnow())
    assert (shop.shop.plugins.ask("refuse_stage_change", move=move) is not None) == refused


def test_house_rules_about_files_and_copies(make_workshop: Callable[..., Workshop]) -> None:
    from craftops.domain.shop.profile import ShopProfile

    shop = make_workshop(
        '[plugins]\nenabled = ["house_rules"]\n[plugin.house_rules]\nno_formats = [".OBJ"]\nmost_copies = 5\n'
    )
    shop.open(ShopProfile(name="Testwerk", address=("Hafenstraße 1", "20457 Hamburg")))
    assert "does not take OBJ files" in shop.sender("ada").announce(10, "part.obj").text
    with pytest.raises(IntakeError, match="5 copies"):
        shop.place("ada", quantity=6)
    assert shop.place("ada", quantity=5)
