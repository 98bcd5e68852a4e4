"""Every form that a page shows, with odd values in each of its fields: 303 or 4xx, never an error of ours."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from itertools import cycle

import pytest
from samples.crawling import Crawl, Form

from craftops.testing import Workshop
from craftops.testing.workshop import TOKEN

pytestmark = pytest.mark.long
ODD = (
    "", " ", "²", "٣", "-1", "0", "1e999", "NaN", "9" * 40, "9" * 5000, "0x10", "1_000", "null", "true", "[]", '{"a":[1]}', "\0", "a\0b",
    "\ud7ff\ufffe", "\u202eabc", "%00", "../../etc/passwd", "a" * 70_000, "<script>", "'\"`;--", "{{7*7}}", "${x}", "2026-02-30", "0000-00-00",
    "9999-12-31T99:99", "12:61", "@", "a@b", "//evil.example", "https://", "http://[::1", "javascript:0", "#12345", "\r\nX: y", "😀" * 300,
)  # fmt: skip
LEFT_ALONE = frozenset(("", "signin.sign_out", "signin.sign_out_everywhere"))
"""What ends the session, and what leads to another program."""
BEGIN = int(os.environ.get("CRAFTOPS_FORMS_BEGIN", "0")) % len(ODD)
"""Which odd value comes first; another one gives each field other values."""
SHOWS = frozenset(("portal.new_order", "portal.reorder", "staff.pickups"))
"""Forms with a button that shows something before anything is sent: one more line, a price, times to come."""
EVERYWHERE, MOST_FIELDS = 2, 8


def filled(form: Form) -> dict[str, str]:
    return {name: values[0] if values else "x" for name, values in form.fields.items()}


def attempts(form: Form, odd: Iterator[str]) -> Iterator[dict[str, str]]:
    """The form with one odd value everywhere, then with another in each field, the rest as the page offers it."""
    names = [name for name in form.fields if name != "csrf_token"]
    for _ in range(EVERYWHERE):
        value = next(odd)
        yield {**filled(form), **dict.fromkeys(names, value)}
    for name in names[:MOST_FIELDS]:
        yield {**filled(form), name: next(odd)}
    yield {name: value for name, value in filled(form).items() if name == "csrf_token"}


@pytest.mark.parametrize(("who", "begin"), [("ada", ("/",)), ("olga", ("/staff/", "/staff/settings"))])
def test_no_form_breaks_on_odd_values(workshop: Workshop, who: str, begin: tuple[str, ...]) -> None:
    workshop.machine("printer-1")
    workshop.accept(workshop.place("ada"), "printer-1")
    workshop.place("ada", instructions="Please")
    workshop.upload("ada")
    crawl = Crawl(workshop.browser(who), workshop.app)
    crawl.walk(*begin)
    assert len(crawl.forms) >= 8, sorted(crawl.seen)
    odd = cycle((*ODD[BEGIN:], *ODD[:BEGIN]))
    wrong, answered = [], Counter[int]()
    for (endpoint, _fields), form in crawl.forms.items():
        for values in attempts(form, odd) if endpoint not in LEFT_ALONE else ():
            if "csrf_token" in values:
                values["csrf_token"] = token(workshop, crawl, who)
            try:
                status = crawl.browser.client.post(form.action, data=values).status_code
            except Exception as error:  # noqa: BLE001 (whatever it is, it is the finding)
                status, values["raised"] = 500, repr(error)
            answered[status] += 1
            shown = status == 200 and endpoint in SHOWS
            if status != 303 and not 400 <= status < 500 and not shown:
                told = {name: one[:40] for name, one in values.items() if name != "csrf_token"}
                wrong.append((endpoint, form.action, status, told))
    assert not wrong, wrong[:5]
    assert answered[303] + answered[422] + answered[409] > answered.total() / 3, answered


def token(workshop: Workshop, crawl: Crawl, who: str) -> str:
    """The token of a page; somebody whose session was ended by a form signs in again."""
    home = "/" if who == "ada" else "/staff/"
    answer = crawl.browser.get(home)
    if answer.status_code != 200:
        crawl.browser = workshop.browser(who)
        answer = crawl.browser.get(home)
    found = TOKEN.search(answer.get_data(as_text=True))
    assert found
    return found[1]
