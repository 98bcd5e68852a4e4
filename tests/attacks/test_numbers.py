"""What is no number, or far too long for one, is refused wherever a number is asked for: never an error of ours."""

from __future__ import annotations

import pytest

from craftops.testing import Workshop
from craftops.web.frame.numbers import is_number

ODD = ["²", "٣", "9" * 5000, "9" * 19, "-1", "1e9", "0x10", " ", "%00", "1_000"]


@pytest.mark.parametrize("text", ODD)
def test_an_odd_number_is_no_number(text: str) -> None:
    assert not is_number(text)


@pytest.mark.parametrize("text", ODD)
def test_no_address_and_no_form_breaks_on_it(workshop: Workshop, text: str) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada")
    job = workshop.accept(order, "printer-1")
    sam, ada = workshop.browser("sam"), workshop.browser("ada")
    for browser, path in (
        (sam, f"/staff/orders?page={text}"), (sam, f"/staff/customers?page={text}"), (sam, f"/staff/customers/{text}"),
        (sam, f"/staff/incoming/{text}"), (sam, f"/staff/schedule/proposal?job={text}"),
        (sam, f"/staff/schedule/jobs/{text}"), (sam, f"/staff/orders/{order.code}/photos/{text}"),
        (ada, f"/?skip={text}"), (ada, f"/files/{text}"), (ada, f"/files/{text}/picture"),
        (ada, f"/orders/new?files={text}"), (ada, f"/live?page=orders&seen={text}x"),
        (ada, f"/orders/{order.code}/lines/{order.lines[0].id}/compare?before={text}&after={text}"),
    ):  # fmt: skip
        assert browser.get(path).status_code < 500, path
    for path, form in (
        (f"/staff/jobs/{job.id}/split", {"copies": text}), (f"/staff/jobs/{job.id}/settle", {"done": text, "failed": text}),
        ("/staff/machines/printer-1/claim", {"job": text}), (f"/staff/schedule/jobs/{job.id}/move", {"to": f"printer-1 {text}"}),
        ("/staff/machines/printer-1/abilities", {"changeover": text}), (f"/staff/jobs/{text}/queue", {"machine": "printer-1"}),
    ):  # fmt: skip
        assert sam.send(path, form, on="/staff/").status_code < 500, path
