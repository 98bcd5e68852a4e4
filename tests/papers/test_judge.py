"""E-invoices before their judge: clean ones are clean, bad ones are found bad, and no judge is no yes."""

from __future__ import annotations

import os
import re
import signal
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from craftops.domain.billing.cii import invoice_xml
from craftops.domain.billing.judgements import JudgementState
from craftops.papers.judge import Judge, RuleBook, facturx_rules
from craftops.testing.invoices import made_up_invoice

INVOICES = int(os.environ.get("CRAFTOPS_INVOICES", "40"))
"""How many random invoices are judged; CI asks for 300."""
UNITS = Path(os.environ.get("CRAFTOPS_OUTSIDE", Path(__file__).parents[3] / "shared" / "outside")) / "en16931"
ONE = next(
    one
    for seed in range(1000)
    if (one := made_up_invoice(Random(seed), 11)).currency == "EUR" and not one.paid and one.totals.tax > 100
)
GOOD = invoice_xml(ONE)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    rules = facturx_rules()
    if rules is None:
        pytest.skip("no judge is installed (extra einvoice)")
    found = Judge(rules)
    yield found
    found.close()


@settings(
    max_examples=INVOICES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(draw=st.randoms(use_true_random=False))
def test_what_we_write_breaks_no_published_rule(judge: Judge, draw: Random) -> None:
    verdict = judge.judge(invoice_xml(made_up_invoice(draw)))
    assert verdict.state is JudgementState.CLEAN, verdict


def test_what_random_seeds_give_breaks_no_published_rule_either(judge: Judge) -> None:
    """The same invoices as ``python -m benchmarks.invoices --seed 7``: long ones, which Hypothesis rarely draws."""
    for number in range(INVOICES):
        verdict = judge.judge(invoice_xml(made_up_invoice(Random(f"7/{number}"), number)))
        assert verdict.state is JudgementState.CLEAN, (number, verdict)


@pytest.mark.parametrize(
    ("rule", "pattern", "instead"),
    [
        ("BR-02", rb"<ram:ID>RE-2026-00011</ram:ID>", b"<ram:ID></ram:ID>"),
        (
            "BR-06",
            rb"<ram:SellerTradeParty>\s*<ram:Name>[^<]*</ram:Name>",
            b"<ram:SellerTradeParty><ram:Name></ram:Name>",
        ),
        ("BR-CO-10", rb"(Header.*<ram:LineTotalAmount>)\d", rb"\g<1>9"),
        ("BR-CO-13", rb"(<ram:TaxBasisTotalAmount>)\d", rb"\g<1>9"),
        ("BR-CO-15", rb"(<ram:GrandTotalAmount>)\d", rb"\g<1>9"),
        ("BR-CO-16", rb"(<ram:DuePayableAmount>)\d", rb"\g<1>9"),
        ("BR-CO-14", rb"(<ram:TaxTotalAmount[^>]*>)\d", rb"\g<1>9"),
        ("BR-CO-09", rb'(schemeID="VA">)DE', rb"\g<1>12"),
        ("BR-DEC-14", rb"(<ram:GrandTotalAmount>[\d.]+)", rb"\g<1>001"),
    ],
)
def test_the_judge_is_awake(judge: Judge, rule: str, pattern: bytes, instead: bytes) -> None:
    """A clean invoice with one thing wrong: the very rule that forbids it is named."""
    bad = re.sub(pattern, instead, GOOD, count=1, flags=re.DOTALL)
    assert bad != GOOD
    assert judge.judge(GOOD).state is JudgementState.CLEAN
    verdict = judge.judge(bad)
    assert verdict.state is JudgementState.FINDINGS
    assert rule in {one.rule for one in verdict.findings}, verdict
    assert all(one.sentence and "namespace-uri" not in one.place for one in verdict.findings)


def test_a_total_two_cents_off_is_found(judge: Judge) -> None:
    found = re.search(rb"<ram:GrandTotalAmount>([\d.]+)<", GOOD)
    assert found is not None
    amount = found.group(1)
    wrong = f"{float(amount) + 0.02:.2f}".encode()
    verdict = judge.judge(GOOD.replace(b"GrandTotalAmount>" + amount, b"GrandTotalAmount>" + wrong))
    assert "BR-CO-15" in {one.rule for one in verdict.findings}


@pytest.mark.parametrize(
    "nonsense",
    [b"", b"nonsense", b"<x/>", b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>", bytes(100_000)],
)
def test_what_is_no_invoice_is_never_clean(judge: Judge, nonsense: bytes) -> None:
    verdict = judge.judge(nonsense)
    assert verdict.state is JudgementState.FINDINGS
    assert "root:" not in str(verdict)


def test_a_judge_that_dies_is_started_again(judge: Judge) -> None:
    assert judge.judge(GOOD).state is JudgementState.CLEAN
    assert judge._child is not None
    os.kill(judge._child.pid, signal.SIGKILL)
    judge._child.wait()
    assert judge.judge(GOOD).state is JudgementState.CLEAN


def test_a_judge_that_hangs_is_ended_and_says_nothing() -> None:
    rules = facturx_rules()
    if rules is None:
        pytest.skip("no judge is installed (extra einvoice)")
    slow = Judge(rules, judge_s=0.0)
    try:
        verdict = slow.judge(GOOD)
        assert verdict.state is JudgementState.NOT_CHECKED
        assert "too long" in verdict.reason
        assert slow._child is None
    finally:
        slow.close()


def test_eight_threads_share_one_judge(judge: Judge) -> None:
    found: list[JudgementState] = []
    bad = re.sub(rb"(<ram:GrandTotalAmount>)\d", rb"\g<1>9", GOOD)
    threads = [threading.Thread(target=lambda xml=xml: found.append(judge.judge(xml).state)) for xml in (GOOD, bad) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([JudgementState.CLEAN, JudgementState.FINDINGS] * 4)


def test_no_judge_is_no_yes(tmp_path: Path) -> None:
    verdict = Judge(None).judge(GOOD)
    assert verdict.state is JudgementState.NOT_CHECKED
    assert "einvoice" in verdict.reason
    broken = tmp_path / "empty.xslt"
    broken.write_text("<nothing/>")
    judge = Judge(RuleBook("broken", broken))
    assert judge.judge(GOOD).state is JudgementState.NOT_CHECKED


def test_rules_that_look_at_nothing_find_nothing_clean(tmp_path: Path) -> None:
    if facturx_rules() is None:
        pytest.skip("no judge is installed (extra einvoice)")
    idle = tmp_path / "idle.xslt"
    idle.write_text(
        '<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
        '<xsl:template match="/"><svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl"/></xsl:template>'
        "</xsl:stylesheet>"
    )
    judge = Judge(RuleBook("idle", idle))
    try:
        assert judge.judge(GOOD).state is JudgementState.FINDINGS
    finally:
        judge.close()


def test_the_norms_own_unit_tests_come_out_as_they_say() -> None:
    """CEN's 277 files for UBL, by the same child: who reproduces them judges as the norm does."""
    if not UNITS.is_dir() or facturx_rules() is None:
        pytest.skip("CEN's unit tests (../shared/outside/en16931) or the judge are not here")
    judge = Judge(RuleBook("CEN UBL", UNITS / "EN16931-UBL-validation.xslt"))
    wrong, checked = [], 0
    try:
        with zipfile.ZipFile(UNITS / "units.zip") as units:
            for name in (name for name in units.namelist() if name.endswith(".xml")):
                for number, (xml, expected) in enumerate(unit_tests(units.read(name))):
                    found = {one.rule for one in judge.judge(xml).findings}
                    for rule, breaks in expected:
                        checked += 1
                        if (rule in found) != breaks and rule != "BR-51":  # a warning there, which forbids nothing
                            wrong.append(f"{name} {number}: {rule}")
    finally:
        judge.close()
    assert wrong == []
    assert checked > 1000


def unit_tests(file: bytes) -> Iterator[tuple[bytes, list[tuple[str, bool]]]]:
    """The documents of a unit file, with the rules that each must break (True) or keep."""
    space = "{http://difi.no/xsd/vefa/validator/1.0}"
    root = ElementTree.fromstring(file)
    for test in root.findall(f"{space}test"):
        told = test.find(f"{space}assert")
        expected = []
        for kind, breaks in (("success", False), ("error", True), ("warning", True)):
            expected += [
                ((one.text or "").strip(), breaks)
                for one in (told.findall(f"{space}{kind}") if told is not None else [])
            ]
        document = next(one for one in test if not one.tag.startswith(space))
        yield ElementTree.tostring(document), expected
