"""All of it out in open formats, and tables of another program in: said first, taken once, and nobody told."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
import zipfile

import pytest
from click.testing import CliRunner

from craftops.cli import cli
from craftops.config import read_document
from craftops.domain.people.access import SYSTEM, Scope
from craftops.domain.shop.imports import ImportKind, read_table, read_text
from craftops.errors import AccessError, IntakeError
from craftops.processes.doctor import examine
from craftops.services.people import accounts
from craftops.services.shop import exporting, importing
from craftops.store.database import utcnow
from craftops.store.export_rows import columns_of
from craftops.store.export_rows import exported as exported_tables
from craftops.store.models import AccountRow, AddressRow, NoticeRow, OrderLineRow, OrderRow, WorkRow
from craftops.testing import Workshop

PEOPLE = """E-Mail;Name;Telefon;Straße;PLZ;Ort;Land;Umsatz
eve@example.net;Eve;+49 40 1;Hafenstraße 1;20457;Hamburg;DE;12
ada@example.org;Ada again;;;;;;3
wrong;Nobody;;;;;;
eve@example.net;Eve twice;;;;;;
tom@example.net;Tom;;Nowhere 1;;;;
"""
ORDERS = """number,email,title,placed,finished,quantity,material,note
A-1,ada@example.org,Bracket,2024-03-01,2024-03-09,4,PLA,no seam
A-1,ada@example.org,Lid,2024-03-01,2024-03-09,1,PLA,
A-2,bob@example.org,Gear,31.12.2023,,2,,
A-3,nobody@example.org,Gear,2024-01-01,,2,,
A-4,ada@example.org,Gear,soon,,2,,
A-5,ada@example.org,Gear,2024-01-02,2024-01-01,2,,
A-6,ada@example.org,Gear,2024-01-02,,many,,
A-1,bob@example.org,Stolen,2024-03-01,,1,,
"""
MATERIALS = """label;process;density;colours;price per kg
PETG carbon;fdm;1,3;Black, Grey;49,90
PETG Carbon;FDM;1.31;;
;fdm;;;
"""


def exported(workshop: Workshop) -> zipfile.ZipFile:
    pieces = list(exporting.export(workshop.shop, workshop.actor("olga"), at=utcnow()))
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


class TestOut:
    def test_every_order_line_and_file_is_in_it(self, workshop: Workshop) -> None:
        order = workshop.place("ada", quantity=3, instructions="=cmd")
        found = exported(workshop)
        assert found.testzip() is None
        rows = list(csv.DictReader(io.StringIO(found.read("tables/orders.csv").decode())))
        assert [row["code"] for row in rows] == [order.code]
        assert rows[0]["placed_at"].endswith("+00:00")
        line = json.loads(found.read("tables/order_line.jsonl"))
        assert (line["quantity"], line["instructions"]) == (3, "=cmd")
        assert "'=cmd" in found.read("tables/order_line.csv").decode()
        [name] = [one for one in found.namelist() if one.startswith("files/")]
        assert name.endswith("-bracket.stl")
        assert found.read(name) == workshop.content(order.lines[0].file_id)
        assert json.loads(found.read("shop.json"))["profile"]["name"] == "Testwerk"

    def test_what_lets_somebody_in_is_not(self, workshop: Workshop) -> None:
        secret = workshop.machine("printer-1")
        token = accounts.create_token("x", frozenset({Scope.ORDERS_READ}), at=utcnow())
        link = accounts.make_link(workshop.people["ada"].id, next_path="/", at=utcnow())
        workshop.browser("ada").see("/")
        found = exported(workshop)
        text = b"".join(found.read(name) for name in found.namelist())
        hashes = [row.password_hash for row in AccountRow.select()]
        for word in (secret, token, link, workshop.shop.config.secret_key(), *hashes):
            assert word.encode() not in text
        assert b"argon2" not in text

    def test_only_the_owner_takes_it_out(self, workshop: Workshop) -> None:
        with pytest.raises(AccessError):
            exporting.export(workshop.shop, workshop.actor("sam"), at=utcnow())

    def test_the_command_writes_a_file_and_never_over_one(self, workshop: Workshop) -> None:
        config = workshop.shop.config
        words = ["--data", str(config.data), "export", str(config.data / "all.zip")]
        env = {"DATABASE_URL": config.database_url}
        said = CliRunner().invoke(cli, words, env=env)
        assert said.exit_code == 0, (said.output, said.exception)
        assert zipfile.ZipFile(config.data / "all.zip").testzip() is None
        assert (config.data / "all.zip").stat().st_mode & 0o077 == 0
        assert "is there already" in str(CliRunner().invoke(cli, words, env=env).exception)


def test_no_column_that_sounds_like_a_secret_is_exported() -> None:
    loud = re.compile(r"hash|token|secret|sealed|seed|nonce|password")
    said = {column.name for table in exported_tables() for column in columns_of(table)}
    assert {name for name in said if loud.search(name)} == set()


class TestCustomers:
    def test_they_are_said_then_taken_once_and_get_no_mail(self, workshop: Workshop) -> None:
        before = AccountRow.select().count()
        found = importing.plan(ImportKind.CUSTOMERS, PEOPLE)
        assert [one.what for one in found.rows] == ["new", "known", "faulty", "faulty", "faulty"]
        assert "twice" in found.rows[3].sentence
        assert "country" in found.rows[4].sentence
        assert found.ignored == ("Umsatz",)
        assert AccountRow.select().count() == before, "a look writes nothing"
        work = WorkRow.select().count()
        importing.carry_out(workshop.shop, ImportKind.CUSTOMERS, PEOPLE, actor=workshop.actor("olga"), at=utcnow())
        eve = AccountRow.get(AccountRow.email == "eve@example.net")
        assert (eve.name, eve.role, eve.password_hash) == ("Eve", "customer", "")
        assert AddressRow.get(AddressRow.account == eve.id).city == "Hamburg"
        assert AccountRow.get(AccountRow.email == "ada@example.org").name == "Ada"
        again = importing.plan(ImportKind.CUSTOMERS, PEOPLE)
        assert again.count("new") == 0
        workshop.run_due()
        assert (workshop.outbox, NoticeRow.select().count()) == ([], 0)
        assert WorkRow.select().count() == work

    def test_only_the_owner_takes_them(self, workshop: Workshop) -> None:
        with pytest.raises(AccessError):
            importing.carry_out(workshop.shop, ImportKind.CUSTOMERS, PEOPLE, actor=workshop.actor("sam"), at=utcnow())


class TestPastOrders:
    def test_they_stand_in_the_history_and_the_doctor_is_content(self, workshop: Workshop) -> None:
        found = importing.plan(ImportKind.ORDERS, ORDERS)
        assert [one.what for one in found.rows] == ["faulty", "faulty", "new", *["faulty"] * 5]
        good = "\n".join(line for line in ORDERS.splitlines() if "Stolen" not in line)
        found = importing.plan(ImportKind.ORDERS, good)
        assert [one.what for one in found.rows] == ["new", "new", "new", *["faulty"] * 4]
        importing.carry_out(workshop.shop, ImportKind.ORDERS, good, actor=SYSTEM, at=utcnow())
        assert importing.plan(ImportKind.ORDERS, good).count("new") == 0
        order = OrderRow.get(OrderRow.customer == workshop.people["ada"].id)
        assert (order.title, order.stage, order.placed_at.year) == ("Bracket", "completed", 2024)
        assert [line.title for line in order.lines.order_by(OrderLineRow.position)] == ["Bracket", "Lid"]
        assert examine(workshop.shop, at=utcnow()) == []
        workshop.run_due()
        assert workshop.outbox == []
        assert "Bracket" in workshop.browser("ada").see("/history")
        assert order.code in workshop.browser("sam").see("/staff/history?q=seam")
        assert "Brought in as A-1" in workshop.browser("sam").see(f"/staff/orders/{order.code}")


class TestCatalogue:
    def test_it_becomes_text_for_shop_toml(self, workshop: Workshop) -> None:
        found = importing.plan(ImportKind.CATALOGUE, MATERIALS)
        assert [one.what for one in found.rows] == ["new", "new", "faulty"]
        document = read_document(found.toml, "shop.toml")
        assert [one.name for one in document.materials] == ["petg_carbon", "petg_carbon_2"]
        assert document.materials[0].colours == ("Black", "Grey")
        assert tomllib.loads(found.toml)["rates"]["kilogram"]["petg_carbon"] == "49.90"

    def test_a_label_cannot_break_out_of_the_text(self) -> None:
        found = importing.plan(ImportKind.CATALOGUE, 'label\n"a"" ]\\ \x07 [x"\n')
        assert len(read_document(found.toml, "x").materials) == 1


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "A column is missing: email, name"),
        (b"\x00\x01\x02", "no CSV"),
        (b"email,name\n" + b"a@b.example,A\n" * 50_001, "At most 50000 rows"),
    ],
)
def test_what_is_no_such_table_is_said(raw: bytes, sentence: str) -> None:
    with pytest.raises(IntakeError, match=sentence):
        read_table(ImportKind.CUSTOMERS, read_text(raw))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_whatever_a_spreadsheet_writes_is_read(encoding: str) -> None:
    table = read_table(ImportKind.CUSTOMERS, read_text("email;name\na@b.example;Jürgen Groß\n".encode(encoding)))
    assert table.rows[0].values["name"] == "Jürgen Groß"


class TestThePage:
    def look(self, workshop: Workshop, kind: str, text: str) -> str:
        form = {"kind": kind, "table": (io.BytesIO(text.encode()), "t.csv")}
        answer = workshop.browser("olga").send(
            "/staff/exchange", form, on="/staff/exchange", content_type="multipart/form-data"
        )
        return answer.get_data(as_text=True)

    def test_the_owner_looks_and_takes(self, workshop: Workshop) -> None:
        page = self.look(workshop, "customers", PEOPLE)
        assert "<b>1</b> new, <b>1</b> known already, <b>3</b> that cannot be taken" in page
        assert "Bring in 1" in page
        assert AccountRow.select().where(AccountRow.email == "eve@example.net").count() == 0
        olga = workshop.browser("olga")
        answer = olga.send("/staff/exchange/take", {"kind": "customers", "text": PEOPLE}, on="/staff/exchange")
        assert answer.status_code == 303
        assert "Eve" in olga.see("/staff/customers")

    def test_a_table_that_is_none_and_a_text_with_tags(self, workshop: Workshop) -> None:
        assert "A column is missing" in self.look(workshop, "orders", "a,b\n")
        page = self.look(workshop, "customers", "email,name\nx@y.example,</textarea><script>alert(1)</script>\n")
        assert "<script>alert" not in page
        assert "This is the table as the catalogue takes it" in self.look(workshop, "catalogue", MATERIALS)
        assert "too large for this page" in self.look(workshop, "customers", "x" * 600_000)

    def test_staff_do_not(self, workshop: Workshop) -> None:
        sam = workshop.browser("sam")
        assert sam.get("/staff/exchange").status_code == 403
        form = {"kind": "customers", "text": PEOPLE}
        assert sam.send("/staff/exchange/take", form, on="/staff/").status_code == 403
