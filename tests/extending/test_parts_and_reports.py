"""Cards, menu links, reports and commands of plugins: shown to whom they are for, and harmless when they are wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from craftops.cli import cli
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.parts import MenuLink, OrderPart, OrderShown
from craftops.sdk.reports import Report, ReportData, ReportTable
from craftops.sdk.settings import NoSettings
from craftops.store.database import utcnow
from craftops.testing import Workshop

REPORTS = "/staff/reports/shop_reports"


class Sign(Plugin[NoSettings]):
    name = "sign"
    title = "Sign"
    summary = "Puts up signs."
    given: object = ()
    table: object = None

    @hookimpl
    def portal_order_panels(self, order: OrderShown) -> Iterable[OrderPart]:
        return self.given(order) if callable(self.given) else self.given  # type: ignore[return-value]

    @hookimpl
    def staff_menu(self) -> Iterable[MenuLink]:
        return [MenuLink("Handbook <1>", "https://example.com/handbook"), MenuLink("Ours", "/staff", owner_only=True)]

    @hookimpl
    def register_reports(self) -> Iterable[Report]:
        return [Report("sums", "Sums", "What it adds up to.", lambda data: self.table)]  # type: ignore[arg-type, return-value]


@pytest.fixture
def signs(plug_in: Callable[..., Workshop]) -> Workshop:
    Sign.given, Sign.table = (), None
    return plug_in(Sign)


def test_a_card_stands_on_the_page_of_the_order_escaped(signs: Workshop) -> None:
    order = signs.place("ada", quantity=3)

    def about(shown: OrderShown) -> list[OrderPart]:
        facts = (("Copies", str(shown.lines[0].quantity)),)
        links = (("Read on", "https://example.com/a"), ("Yours", "/orders"))
        return [OrderPart(f"About {shown.code}", "First.\n\n<b>Second</b>", facts, links)]

    Sign.given = staticmethod(about)
    page = signs.browser("ada").see(f"/orders/{order.code}")
    assert f"About {order.code}" in page
    assert "<p>First.</p>" in page
    assert "&lt;b&gt;Second" in page
    assert "<dt>Copies</dt><dd>3</dd>" in page
    assert 'href="https://example.com/a" rel="noopener noreferrer"' in page
    assert "About" not in signs.browser("sam").see(f"/staff/orders/{order.code}"), "it is on the other face"
    assert signs.browser("bob").get(f"/orders/{order.code}").status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        7, "text", [OrderPart("")], [object()], [OrderPart("T", links=(("x", "javascript:alert(1)"),))],
        [OrderPart("T", links=(("x", "//evil.example"),))], [OrderPart("T", links=(("x", "http://plain.example"),))],
        [OrderPart("T", links=(("x", 'https://a.example/"onload='),))], [OrderPart("T", facts=("ab", "cd"))],
        [OrderPart("T")] * 11, [OrderPart("T", links=(("x", "/\\evil.example"),))],
    ],
    ids=range(11),
)  # fmt: skip
def test_a_card_that_cannot_be_shown_is_counted_and_left_out(signs: Workshop, given: object) -> None:
    order = signs.place("ada")
    Sign.given = given
    page = signs.browser("ada").see(f"/orders/{order.code}")
    assert order.title in page
    assert "evil" not in page
    assert "alert(1)" not in page
    assert signs.shop.plugins.failures["sign"] >= 1


def test_links_stand_in_the_menu_of_those_they_are_for(signs: Workshop) -> None:
    assert "Handbook &lt;1&gt;" in signs.browser("sam").see("/staff")
    assert ">Ours" not in signs.browser("sam").see("/staff").replace("</svg>", ">")
    assert "Ours" in signs.browser("olga").see("/staff")


@pytest.mark.parametrize(
    "table",
    [
        None, "text", ReportTable(("A", "B"), [("one",)]), ReportTable(("A",), [(float("nan"),)]),
        ReportTable(("A",), [(object(),)]),  # type: ignore[list-item]
    ],
    ids=range(5),
)  # fmt: skip
def test_a_report_that_is_no_table_says_so_and_is_counted(signs: Workshop, table: object) -> None:
    Sign.table = table
    answer = signs.browser("olga").get("/staff/reports/sign/sums")
    assert answer.status_code >= 400
    assert "The report Sums does not work." in answer.text
    assert signs.shop.plugins.failures["sign"] == 1


def test_no_cell_is_a_formula_and_the_days_are_checked(signs: Workshop) -> None:
    Sign.table = ReportTable(("=A", "B"), [("=1+1", -3), ("plain", 1234.5)])
    olga, path = signs.browser("olga"), "/staff/reports/sign/sums"
    csv = olga.see(f"{path}.csv")
    assert csv.splitlines() == ["'=A,B", "'=1+1,-3", "plain,1234.5"]
    assert "1,234.5" in olga.see(path)
    for first, last in (("2026-13-01", ""), ("x", ""), ("2026-02-01", "2026-01-01"), ("0001-01-01", "9999-12-31")):
        answer = olga.get(f"{path}?first={first}&last={last}")
        assert answer.status_code == 422
        assert olga.get(f"{path}.csv?first={first}&last={last}").status_code == 422


def test_what_was_made_stands_in_the_reports_of_the_shop(signs: Workshop) -> None:
    """Two prints of forty minutes, one of them ordered and called off by its customer."""
    signs.machine("printer-1")
    order, other = signs.place("ada", quantity=2), signs.place("bob")
    job = signs.accept(order, "printer-1").code
    began = utcnow() - timedelta(hours=1)
    for minutes, state in ((0, "running"), (20, "running"), (40, "done")):
        said = {"v": 1, "state": state, "progress": minutes / 40, "job": {"id": "r1", "ref": job}}
        signs.say("printer-1", orjson.dumps(said), began + timedelta(minutes=minutes))
    path = f"/orders/{other.code}"
    assert signs.browser("bob").send(f"{path}/cancel", on=path).status_code == 303
    olga = signs.browser("olga")
    [row] = olga.see(f"{REPORTS}/machine_hours.csv").splitlines()[1:]
    month, machine, jobs, hours, _planned, good, lost = row.split(",")
    assert (machine, jobs, hours, good, lost) == (signs.machine_row("printer-1").name, "1", "0.7", "2", "0")
    assert month == f"{(began + timedelta(minutes=40)).astimezone(signs.shop.profile().zone):%Y-%m}"
    assert "Machine hours" in olga.see("/staff/reports")
    assert olga.see(f"{REPORTS}/customers.csv").splitlines() == ["Customer,Orders,Copies"], "none is completed yet"
    assert olga.see(f"{REPORTS}/promises.csv").splitlines()[1:] == []


def test_reports_are_the_owners_alone(signs: Workshop) -> None:
    for path in ("/staff/reports", f"{REPORTS}/customers", f"{REPORTS}/customers.csv"):
        assert signs.browser("sam").get(path).status_code == 403
        assert signs.browser("ada").get(path).status_code in (403, 404)
    assert signs.browser("olga").get(f"{REPORTS}/nothing").status_code in (403, 404)


def test_reports_count_what_ended_in_the_shops_own_days() -> None:
    from craftops_plugins.shop_reports import promises

    from craftops.sdk.reports import FinishedOrder

    at = utcnow().replace(year=2026, month=11, day=30, hour=23, minute=30)  # the first of December in Berlin
    order = FinishedOrder("K7RCX3", "Vase", "Ada", "", 1, at, at, at + timedelta(hours=2), at, cancelled=False)
    data = ReportData(at.date(), at.date(), "Europe/Berlin", orders=[order])
    assert list(promises(data).rows) == [("2026-12", 1, 0, 0, 2.0)]


def test_commands_are_listed_and_run(tmp_path: Path) -> None:
    runner = CliRunner()

    def run(*words: str) -> tuple[int, str]:
        result = runner.invoke(cli, ["--data", str(tmp_path), *words])
        return result.exit_code, result.output + str(result.exception or "")

    assert run("migrate")[0] == 0
    assert "craftops x shop_reports titles" in run("x")[1]
    code, said = run("x", "shop_reports", "titles")
    assert code == 0
    assert "promises" in said
    code, said = run("x", "shop_reports", "sing", "--loud")
    assert code != 0
    assert "There is no command shop_reports sing." in said


def test_a_note_on_a_material_is_told_when_the_part_is_in_hand(make_workshop: Callable[..., Workshop]) -> None:
    from craftops.domain.shop.profile import ShopProfile

    toml = (
        '[plugins]\nenabled = ["order_notes"]\n[[plugin.order_notes.care]]\nmaterial = "pla"\ntext = "Keep it cool."\n'
        '[[plugin.order_notes.making]]\nmaterial = "pla"\ntext = "215 °C."\n'
    )
    shop = make_workshop(toml)
    shop.open(ShopProfile(name="Testwerk", address=("Hafenstraße 1", "20457 Hamburg")))
    order = shop.place("ada")
    assert "Keep it cool." not in shop.browser("ada").see(f"/orders/{order.code}"), "there is nothing to look after yet"
    assert "215 °C." in shop.browser("sam").see(f"/staff/orders/{order.code}")
    type(order).update(stage="ready_for_pickup").where(type(order).id == order.id).execute()
    page = shop.browser("ada").see(f"/orders/{order.code}")
    assert "Keep it cool." in page
    assert "215 °C." not in page
