"""docs/operators/limits.md: each bound is the code's, each example is taken, and each of the others is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from craftops.domain.billing import totals
from craftops.domain.billing.creditor_reference import valid_iban
from craftops.domain.billing.statements import LARGEST
from craftops.domain.billing.vat_ids import check_vat_id
from craftops.domain.messages import questions, thread
from craftops.domain.orders import order, sharing
from craftops.domain.orders.order import check_quantity, normalise_code
from craftops.domain.people import addresses as places
from craftops.domain.people.newcomers import hides_address
from craftops.domain.shipping import packing
from craftops.domain.shop import catalogue, imports
from craftops.errors import IntakeError
from craftops.processes.webserver import limits as server
from craftops.sdk import mqtt_contract
from craftops.services.files import photos, uploading
from craftops.services.integrations import endpoints, proposals
from craftops.services.messages import mail_intake, mail_reader
from craftops.services.orders import ordering
from craftops.services.people import (
    accounts,
    companies,
    joining,
    new_address,
    passkeys,
    passwords,
    second_factor,
)
from craftops.services.people.accounts import check_email
from craftops.web.frame import security

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operators" / "limits.md").read_text()
HOUR, QUARTER = "an hour", "within a quarter of an hour"
BOUNDS = {
    ("a mailbox", "tries of a password"): f"{accounts.ATTEMPTS_BY_EMAIL} {QUARTER}",
    ("a network address", "tries of a password"): f"{accounts.ATTEMPTS_BY_ADDRESS} {QUARTER}",
    ("a network address", "passkeys shown"): f"{passkeys.MOST_SHOWN} {QUARTER}",
    ("a mailbox", "sign-in links"): f"{accounts.MOST_LINKS} {QUARTER}",
    ("an account", "second factors"): f"{second_factor.MOST_TRIES} {QUARTER}",
    ("an account", "changes of the mailbox asked for"): f"{new_address.MOST_ASKED} {QUARTER}",
    ("an account", "codes of a company"): f"{companies.MOST_TRIES} {QUARTER}",
    ("an account", "unfinished uploads"): f"{uploading.MOST_UNFINISHED}, seven days each",
    ("an account", "passkeys"): f"{passkeys.MOST}",
    ("an account", "addresses"): f"{places.MOST}",
    ("a company", "members"): f"{companies.MOST_MEMBERS}",
    ("a company", "invitations"): f"{joining.MOST_SENT} {QUARTER}",
    ("an order", "links to it"): f"{sharing.MOST_LINKS}",
    ("an order", "photos"): f"{photos.MOST}, {photos.LARGEST_BYTES:,} bytes each",
    ("an order", "parcels"): f"{packing.MOST_PARCELS}",
    ("a thread", "mails that go into it by themselves"): f"{mail_intake.MOST_AN_HOUR} {HOUR}",
    ("a mail", "files"): f"{mail_reader.MOST_FILES}",
    ("a table that is brought in", "rows"): f"{imports.MOST_ROWS:,}",
    ("a bank statement", "bytes"): f"{LARGEST:,}",
    ("the shop", "receivers of webhooks"): f"{endpoints.MOST_ENDPOINTS}",
    ("the shop", "open proposals of assistants"): f"{proposals.MOST_OPEN}",
    ("the shop", "materials, finishes"): f"{catalogue.MOST}",
    ("a request", "head"): f"{server.LONGEST_HEAD:,} bytes, {server.MOST_HEADERS} lines",
    ("a form or a call without files", "body"): f"{security.SMALL_BODY:,} bytes",
}
FIELDS = {
    "copies of a part": f"{order.MAX_QUANTITY:,}.",
    "instructions": f"up to {order.MAX_INSTRUCTIONS:,} characters",
    "order number of the customer": f"up to {ordering.MOST_PO_NUMBER} printable characters",
    "code of an order": f"{order.CODE_LENGTH} of the letters",
    "message": f"up to {thread.LONGEST:,} characters and {thread.MOST_FILES} files",
    "money": "below 10¹²",
    "password": f"{passwords.SHORTEST} to {passwords.LONGEST} characters",
    "a machine's word": f"up to {mqtt_contract.MAX_PAYLOAD:,} bytes",
}


def rows(title: str) -> list[list[str]]:
    part = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    found = [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("| ")]
    return found[1:]


def test_how_much_is_what_the_code_allows() -> None:
    """ASVS 2.1.3: the limits of what may be done are written down, for one and for all."""
    assert {(who, what): bound for who, what, bound in rows("How much")} == BOUNDS
    assert uploading.LIFE.days == 7


def test_each_field_says_its_bounds() -> None:
    """ASVS 2.1.1: what a field may be is written down."""
    told = {row[0]: row[1] for row in rows("What a field may be")}
    for name, bound in FIELDS.items():
        assert bound in f"{told[name]}.", name
    assert totals.MOST == 10**12
    assert questions.LONGEST <= thread.LONGEST


def _password(text: str) -> None:
    if fault := passwords.fault_of(text, email="ada@example.org", name="Ada"):
        raise IntakeError(fault)


def _iban(text: str) -> None:
    if not valid_iban(text):
        raise IntakeError("no account")


def _name(text: str) -> None:
    if hides_address(text):
        raise IntakeError("an address")


CHECKS = {
    "mailbox": check_email, "name of a person": _name, "copies of a part": check_quantity,
    "order number of the customer": lambda text: ordering.check_po_number(text.replace("two lines", "a" * 61)),
    "VAT number": check_vat_id, "bank account": _iban, "password": _password,
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_what_is_an_example_is_taken_and_what_is_none_is_refused(name: str) -> None:
    _name_of, _rule, good, bad = next(row for row in rows("What a field may be") if row[0] == name)
    for text in re.findall(r"`([^`]+)`", good):
        CHECKS[name](text)
    others = re.findall(r"`([^`]+)`", bad) or [bad]
    for text in others:
        with pytest.raises(IntakeError):
            CHECKS[name](text)


def test_a_code_is_read_as_people_write_it() -> None:
    assert normalise_code("abc 789") == "ABC789"


def test_what_has_to_fit_together_has_a_rule_and_a_test_each() -> None:
    """ASVS 2.1.2: which things are held against which."""
    found = rows("What has to fit together")
    assert len(found) == 10
    for _what, with_what, shown in found:
        assert len(with_what) > 15
        file, _, test = shown.strip("`").partition("::")
        assert f"def {test}(" in (ROOT / file).read_text(), shown
