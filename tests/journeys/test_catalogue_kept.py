"""The catalogue is kept in the browser: new orders go by it, old ones keep what they were made from, files come and go."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from craftops.bootstrap import open_shop
from craftops.domain.shop.profile import ShopProfile
from craftops.errors import IntakeError
from craftops.services.billing.settings import billing_settings
from craftops.services.shop import catalogue as kept
from craftops.store.models import OperationRow, OrderLineRow
from craftops.store.queries import settings as queries
from craftops.testing import Workshop
from craftops.testing.pytest_plugin import ENABLED

LIST = "/staff/settings/catalogue"
MATERIAL = f"{LIST}/material"
IMPORT = f"{LIST}/import"
PLA = {
    "label": "PLA", "process": "fdm", "note": "", "colours": "Black, White, Grey, Orange", "density": "1.24",
    "finishes": ["as_made", "sanded", "painted"], "base_operation": "support_removal", "base_minutes": "4",
    "offered": "1",
}  # fmt: skip


def change(workshop: Workshop, of: str, **values: object) -> int:
    data = {**PLA, "of": of, **values}
    sent = {key: value for key, value in data.items() if value is not None}
    return workshop.browser("olga").send(MATERIAL, sent, on=MATERIAL).status_code


def test_a_new_material_is_ordered_at_once_and_another_process_knows_it(workshop: Workshop) -> None:
    other = open_shop(workshop.shop.config)
    assert other.catalogue.material("asa") is None
    assert change(workshop, "", name="asa", label="ASA", note="For outdoors") == 303
    other.take_up()
    assert other.catalogue.material("asa") is not None
    page = workshop.browser("ada").see("/orders/new")
    assert "ASA" in page
    assert "For outdoors" in page
    assert "[[materials]], [[finishes]] of shop.toml no longer counts" in workshop.browser("olga").see(LIST)


def test_an_order_keeps_what_it_was_made_from(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    before = workshop.place("ada")
    assert change(workshop, "pla", label="PLA plus", base_minutes="20", density="1.5") == 303
    after = workshop.place("ada")
    ada = workshop.browser("ada")
    assert "PLA plus" not in ada.see(f"/orders/{before.code}")
    assert "PLA plus" in ada.see(f"/orders/{after.code}")
    minutes = [OperationRow.get(OperationRow.order == one.id).minutes for one in (before, after)]
    assert minutes == [pytest.approx(4 * before.lines[0].quantity), pytest.approx(20 * after.lines[0].quantity)]
    lines = [workshop.shop.catalogue.material_of(one.lines[0]) for one in (before, after)]
    assert [one.density for one in lines if one] == [1.24, 1.5]


def test_what_is_withdrawn_is_not_offered_and_stays_with_its_orders(workshop: Workshop) -> None:
    order = workshop.place("ada")
    assert change(workshop, "pla", offered=None) == 303
    assert 'value="pla"' not in workshop.browser("ada").see("/orders/new")
    with pytest.raises(IntakeError):
        workshop.place("ada")
    assert "PLA" in workshop.browser("ada").see(f"/orders/{order.code}")
    olga = workshop.browser("olga")
    olga.send(f"{LIST}/remove", {"kind": "materials", "of": "pla", "back": LIST}, on=LIST)
    assert "Orders have it." in olga.see(LIST)
    assert workshop.shop.catalogue.material("pla") is not None
    assert change(workshop, "pla") == 303
    workshop.place("ada")


def test_faults_are_told_where_they_are(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    wrong = {**PLA, "name": "No Good", "label": "", "density": "0", "colours": "Black, black", "process": "magic"}
    answer = olga.send(MATERIAL, wrong, on=MATERIAL)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for words in (
        "Use small letters",
        "Write what customers read",
        "Write grams",
        "stands there twice",
        "Choose one of",
    ):
        assert words in page
    assert "There is one of this name" in olga.send(MATERIAL, {**PLA, "name": "pla"}, on=MATERIAL).get_data(
        as_text=True
    )
    assert queries.newest_version() == 0


def test_each_change_is_a_version_and_undo_leads_back(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    change(workshop, "pla", label="PLA plus")
    change(workshop, "pla", label="PLA max")
    page = olga.see(LIST)
    assert "PLA max: name PLA plus → PLA max" in page
    newest = queries.versions_of("catalogue")
    assert [one.note for one in newest] == ["", "", "as shop.toml had it"]
    olga.send("/staff/settings/back", {"topic": "catalogue", "version": str(newest[1].version), "back": LIST}, on=LIST)
    assert "PLA plus" in {one.label for one in workshop.shop.catalogue.materials}
    olga.send("/staff/settings/back", {"topic": "catalogue", "version": "0", "back": LIST}, on=LIST)
    assert workshop.shop.catalogue == workshop.shop.config.catalogue


@pytest.fixture
def priced(make_workshop: Callable[..., Workshop]) -> Workshop:
    enabled = ", ".join(f'"{name}"' for name in (*ENABLED, "carrier_flat_rate"))
    zones = '[[plugin.carrier_flat_rate.zones]]\nname = "Germany"\ncountries = ["DE"]\n'
    service = '[[plugin.carrier_flat_rate.zones.services]]\nkey = "s"\ntitle = "Small"\nbands = [{up_to_g = 2000, price = "5"}]\n'
    found = make_workshop(f'[plugins]\nenabled = [{enabled}]\n[rates]\nkilogram = {{ pla = "24" }}\n{zones}{service}')
    found.open(ShopProfile(name="Werk"))
    return found


def test_an_export_read_again_changes_nothing_and_an_edited_one_says_what(priced: Workshop) -> None:
    olga = priced.browser("olga")
    text = olga.get(f"{LIST}/export").get_data(as_text=True)
    assert kept.read_toml(priced.shop, text).changes == ()
    assert "This changes nothing" in olga.send(IMPORT, {"text": text}, on=IMPORT).get_data(as_text=True)
    edited = text.replace('pla = "24.00"', 'pla = "26.50"').replace('price = "5"', 'price = "6.10"')
    edited = edited.replace('label = "PETG"', 'label = "PETG tough"').replace('name = "plywood"', 'name = "birch"')
    edited = edited.replace('label = "Birch plywood 4 mm"', 'label = "Birch 4 mm"')
    page = olga.send(IMPORT, {"file": (io.BytesIO(edited.encode()), "catalogue.toml")}, on=IMPORT)
    words = page.get_data(as_text=True)
    for said in ("26.50", "PETG tough", "Birch 4 mm", "withdrawn", "Germany"):
        assert said in words
    assert priced.shop.catalogue.material("birch") is None
    seen = words.split('name="seen" value="')[1].split('"')[0]
    assert (
        olga.send(IMPORT, {"text": edited, "seen": "0" if seen != "0" else "9", "do": "take"}, on=IMPORT).status_code
        == 200
    )
    assert priced.shop.catalogue.material("birch") is None
    assert olga.send(IMPORT, {"text": edited, "seen": seen, "do": "take"}, on=IMPORT).status_code == 303
    assert billing_settings(priced.shop).prices.rates.kilogram == {"pla": 2650}
    names = {one.name: one.offered for one in priced.shop.catalogue.materials}
    assert names["birch"]
    assert not names["plywood"]
    priced.shop.take_up()
    carrier = priced.shop.plugins.carriers["flat_rate"]
    assert "6.10" in str(carrier._settings)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[materials", "no TOML"),
        ("[server]\nport = 1\n", "nothing of a catalogue"),
        ('[[materials]]\nname = "x"\n', "label"),
        ('[[materials]]\nname = "x"\nlabel = "X"\nfinishes = ["gold"]\n', "There is no finish"),
        ('[rates]\nkilogram = { unobtainium = "1" }\n', "no material of this name"),
        (
            "[plugin.carrier_flat_rate]\nzones = [{ name = '', countries = ['DE'], services = [] }]\n",
            "give the zone a name",
        ),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing_and_says_why(priced: Workshop, text: str, said: str) -> None:
    answer = priced.browser("olga").send(IMPORT, {"text": text}, on=IMPORT)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert queries.newest_version() == 0


def test_lines_of_before_go_by_todays_catalogue(workshop: Workshop) -> None:
    order = workshop.place("ada")
    OrderLineRow.update(made_from=None).execute()
    change(workshop, "pla", label="PLA plus")
    assert "PLA plus" in workshop.browser("ada").see(f"/orders/{order.code}")


def test_only_the_owner_changes_it(workshop: Workshop) -> None:
    sam = workshop.browser("sam")
    for path in (LIST, MATERIAL, IMPORT, f"{LIST}/export"):
        assert sam.get(path).status_code == 403
    assert sam.send(MATERIAL, {**PLA, "of": "pla", "label": "Mine"}, on="/staff/").status_code == 403
