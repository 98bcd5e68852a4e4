"""docs/operators/security.md says who reaches what, and it is so: every address, tried by everybody."""

from __future__ import annotations

import re
from pathlib import Path

from werkzeug.routing import Rule

from craftops.app import access
from craftops.domain.people.access import Scope
from craftops.testing import Workshop
from craftops.web.frame.security import STAFF, TOKEN

PAGE = (Path(__file__).parents[3] / "docs" / "operators" / "security.md").read_text()
SAID = PAGE.split("## Who may do what\n")[1].split("\n## ")[0]
OWNERS = re.findall(r"`(/\S+)`", SAID.split("The owner alone:")[1].split("\n\n")[0])
PLACE = re.compile(r"<[^>]+>")
FORM = {"do": "role", "role": "staff", "sure": "yes", "kind": "customers", "text": "name,email\nX,x@example.org\n"}
"""What makes a form of the owner's whole, where it is asked for before who sends it."""


def owners(path: str) -> bool:
    return any(path == one or path.startswith(f"{one}/") or path.startswith(f"{one}.") for one in OWNERS)


def tried(workshop: Workshop, who: str, *, own: bool) -> dict[tuple[str, str], int]:
    """Status of every address of the floor, by path and method, with a form of ours; those of the owner where ``own``."""
    browser = workshop.browser(who)
    token = browser.see("/staff/").split('name="csrf-token" content="')[1].split('"')[0]
    form = {"csrf_token": token, "member": workshop.people["olga"].id, **FORM}
    found = {}
    for rule in workshop.app.url_map.iter_rules():
        path = PLACE.sub("1111", rule.rule)
        if rule.rule.startswith("/staff") and (own or not owners(path)):
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                data = form if method == "POST" else None
                found[path, method] = browser.client.open(path, method=method, data=data).status_code
    return found


def test_what_the_page_leaves_to_the_owner_is_the_owners_and_nothing_else_is(workshop: Workshop) -> None:
    """ASVS 8.1.1: the rules of access are written down, function by function, and are those that hold. What is not there
    answers 403 to both."""
    workshop.machine("printer-1")
    sam = tried(workshop, "sam", own=True)
    wrong = [place for place, status in sam.items() if owners(place[0]) and status not in (403, 404)]
    assert wrong == [], "the page says that they are the owner's"
    olga = tried(workshop, "olga", own=False)
    wrong = [place for place, status in olga.items() if sam[place] == 403 and status != 403]
    assert wrong == [], "they are the owner's, and the page does not say so"
    for one in OWNERS:
        assert any(owners(path) and path.startswith(one) for path, _method in sam), f"there is no {one}"


def test_every_face_and_every_scope_stands_there(workshop: Workshop) -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in SAID.splitlines() if line.startswith("| ")]
    scopes = {name for row in rows for name in re.findall(r"`(\w+:\w+)`", row[0])}
    assert scopes == {scope.value for scope in Scope}
    faces = {row[0]: row[1] for row in rows}
    wanted = [
        "anybody",
        "a first order, without an account",
        "customers",
        "people who work here",
        "the owner",
        "a token",
    ]
    assert [name for name in faces if name in wanted] == wanted
    begins: dict[str, set[str]] = {}
    for rule in workshop.app.url_map.iter_rules():
        begins.setdefault(str(access().rule_of(rule.endpoint)), set()).add(_begin(rule))
    assert all(begin in ("/staff", "/docs") for begin in begins[STAFF]), begins[STAFF]
    assert "`/staff`" in faces["people who work here"]
    assert "`/docs`" in faces["people who work here"]
    assert begins[TOKEN] == {"/api", "/metrics"}


def _begin(rule: Rule) -> str:
    return "/" + rule.rule.split("/")[1]
