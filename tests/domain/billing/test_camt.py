"""CAMT: what is money, whose it is, and that no file of anybody breaks the reader."""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.billing.camt import read_camt
from craftops.domain.billing.money import Money
from craftops.domain.billing.statements import BankTransaction, BookingStatus
from craftops.errors import IntakeError
from craftops.testing.bank import camt053

ACCOUNT = "DE89370400440532013000"
DAY = date(2026, 11, 27)
BOOKED = "<Sts>BOOK</Sts><BookgDt><Dt>2026-11-27</Dt></BookgDt>"


def document(entries: str, *, space: str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02", page: str = "") -> bytes:
    account = f"<Acct><Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    stmt = f"<Stmt><Id>S1</Id>{page}{account}{entries}</Stmt>"
    return f'<Document xmlns="{space}"><BkToCstmrStmt><GrpHdr/>{stmt}</BkToCstmrStmt></Document>'.encode()


def entry(amount: str, inside: str = "", *, way: str = "CRDT", currency: str = "EUR", status: str = BOOKED) -> str:
    return f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>{status}{inside}</Ntry>'


def batch(*payments: str) -> str:
    return f"<NtryDtls>{''.join(f'<TxDtls>{one}</TxDtls>' for one in payments)}</NtryDtls>"


def share(amount: str, way: str = "CRDT", currency: str = "EUR") -> str:
    return f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>'


def charge(amount: str) -> str:
    return f'<Chrgs><Rcrd><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>'


def read(entries: str) -> list[BankTransaction]:
    return list(read_camt(document(entries))[0].transactions)


def minors(entries: str) -> list[int]:
    return [one.amount.minor for one in read(entries)]


def test_a_batch_is_its_payments() -> None:
    found = read(entry("30", batch(share("10.5"), share("19.5"))))
    assert [(one.amount.minor, one.position, one.doubt) for one in found] == [(1050, "1.1", ""), (1950, "1.2", "")]
    assert len({one.key for one in found}) == 2


def test_a_batch_of_which_nothing_but_the_sum_is_told_is_in_doubt() -> None:
    def told(count: str) -> str:
        return read(entry("300", f"<NtryDtls><Btch><NbOfTxs>{count}</NbOfTxs></Btch></NtryDtls>"))[0].doubt

    assert told("120") == "The bank booked 120 payments at once and tells none of them."
    assert [told(count) for count in ("1", "0", "many", "-5", "²", "9" * 5000)] == [""] * 6


def test_a_batch_may_hold_what_goes_the_other_way() -> None:
    found = read(entry("8", batch(share("10"), share("2", "DBIT"))))
    assert [(one.amount.minor, one.doubt) for one in found] == [(1000, ""), (-200, "")]


def test_payments_of_an_old_batch_say_their_amounts_elsewhere() -> None:
    told = '<AmtDtls><InstdAmt><Amt Ccy="USD">9</Amt></InstdAmt><TxAmt><Amt Ccy="EUR">{}</Amt></TxAmt></AmtDtls>'
    assert minors(entry("15", batch(told.format("5"), told.format("10")))) == [500, 1000]


def test_a_batch_without_amounts_is_one_movement_that_nobody_books_unseen() -> None:
    text = "<RmtInf><Ustrd>{}</Ustrd></RmtInf>"
    named = "<RmtInf><Ustrd>R-2</Ustrd><Strd><CdtrRefInf><Ref>RF712348231</Ref></CdtrRefInf></Strd></RmtInf>"
    (found,) = read(entry("15", batch(text.format("R-1"), share("5") + named)))
    assert (found.amount.minor, found.text, found.references) == (1500, "R-1 R-2", ("RF712348231",))
    assert found.doubt == "The bank booked 2 payments at once and does not say the amount of each."


def test_a_batch_that_does_not_add_up_is_told() -> None:
    found = read(entry("30", batch(share("10"), share("19"))))
    assert {one.doubt for one in found} == {"The bank booked 30.00 EUR, and its payments add up to 29.00."}
    foreign = read(entry("30", batch(share("10", currency="CHF"), share("19", currency="CHF"))))
    assert {one.doubt for one in foreign} == {"The bank booked 30.00 EUR and tells the payments in CHF."}


def test_a_payment_from_abroad_is_worth_what_the_account_got() -> None:
    (found,) = read(entry("92.10", batch(share("100", currency="USD"))))
    assert (found.amount, found.doubt) == (Money(9210, "EUR"), "")


def test_what_the_bank_kept_is_told_beside_what_was_paid() -> None:
    (found,) = read(entry("98.50", batch(share("100") + charge("1.50"))))
    assert (found.amount.minor, found.charges, found.doubt) == (10_000, Money(150, "EUR"), "")
    first, second = read(entry("28.50", charge("1.50") + batch(share("10"), share("20"))))
    assert (first.charges, second.charges) == (Money(150, "EUR"), None)
    (out,) = read(entry("101.50", batch(share("100", "DBIT") + charge("1.50")), way="DBIT"))
    assert (out.amount.minor, out.charges) == (-10_000, Money(150, "EUR"))
    told = '<AmtDtls><TxAmt><Amt Ccy="EUR">{}</Amt></TxAmt></AmtDtls>'
    (old,) = read(entry("98.50", batch(told.format("100") + charge("1.50"))))
    assert (old.amount.minor, old.charges, old.doubt) == (10_000, Money(150, "EUR"), "")
    (other,) = read(entry("98.50", batch(told.format("100"))))
    assert (other.amount.minor, other.charges, other.doubt) == (9_850, None, ""), "it arrived as it was booked"
    (mere,) = read(entry("100", batch(share("100") + charge("1.50"))))
    assert mere.charges is None, "charges that were booked apart took nothing of this"


def test_what_is_pending_or_mere_information_is_no_money() -> None:
    (statement,) = read_camt(
        document("".join(entry("1", status=f"<Sts>{one}</Sts>") for one in ("PDNG", "INFO", "FUTR")))
    )
    assert statement.booked == ()
    assert statement.transactions[0].status is BookingStatus.PENDING
    wrapped = read(entry("1", status="<Sts><Cd>BOOK</Cd></Sts>"))
    assert [one.status for one in wrapped] == [BookingStatus.BOOKED]


@pytest.mark.parametrize(
    "inside",
    [
        "<RvslInd>true</RvslInd>",
        batch("<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"),
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn></BkTxCd>",
    ],
)
def test_a_return_is_told_in_three_ways(inside: str) -> None:
    assert [one.reversal for one in read(entry("5", inside, way="DBIT"))] == [True]


def test_parties_of_a_return_stand_as_in_the_payment_that_it_takes_back() -> None:
    ours = f"<Cdtr><Nm>Our shop</Nm></Cdtr><CdtrAcct><Id><IBAN>{ACCOUNT}</IBAN></Id></CdtrAcct>"
    parties = f"<RltdPties><Dbtr><Nm>Ada</Nm></Dbtr>{ours}</RltdPties>"
    came = read(entry("5", batch(parties)))
    went = read(entry("5", "<RvslInd>1</RvslInd>" + batch(parties), way="DBIT"))
    assert [one.party for one in came + went] == ["Ada", "Ada"]
    assert [one.party for one in read(entry("5", batch(parties), way="DBIT"))] == ["Ada"], "we are never the other end"


def test_references_are_read_in_their_order() -> None:
    told = "<Strd><CdtrRefInf><Ref>{}</Ref></CdtrRefInf><RfrdDocInf><Nb>{}</Nb></RfrdDocInf></Strd>"
    remitted = f"<RmtInf>{told.format('RF18539007547034', 'R-1')}{told.format('RF712348231', 'R-2')}</RmtInf>"
    (found,) = read(entry("5", batch(f"<Refs><EndToEndId>E2E</EndToEndId></Refs>{remitted}")))
    assert (found.references, found.reference) == (("RF18539007547034", "RF712348231"), "RF18539007547034")
    assert (found.end_to_end, found.text) == ("E2E", "R-1 R-2")
    (bare,) = read(entry("5", batch("<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>")))
    assert bare.reference == ""


def test_amounts_of_five_decimals_and_of_nothing() -> None:
    assert minors(entry("8.85000") + entry("0") + entry("0.00") + entry(".5")) == [885, 0, 0, 50]
    (fine,) = read(entry("1.00500"))
    assert (fine.amount.minor, fine.doubt) == (101, "Its amount is finer than EUR goes, and was rounded.")
    (yen,) = read(entry("2700", currency="JPY"))
    assert yen.amount == Money(2700, "JPY")


def test_the_bank_may_wrap_and_prefix_what_it_sends() -> None:
    plain = document(entry("5", batch(share("5")))).decode()
    prefixed = plain.replace("<", "<n:").replace("<n:/", "</n:").replace("xmlns=", "xmlns:n=")
    wrapped = f"<Envelope><AppHdr xmlns='urn:iso:std:iso:20022:tech:xsd:head.001.001.01'/>{plain}</Envelope>"
    assert [read_camt(one.encode())[0].booked[0].amount.minor for one in (prefixed, wrapped, f"\ufeff\n {plain}")] == [
        500
    ] * 3
    assert read_camt(f'<?xml version="1.0" encoding="ISO-8859-1"?>{plain}'.encode("latin-1"))


def test_pages_of_one_statement_are_told_apart() -> None:
    pages = [f"<StmtPgntn><PgNb>{number}</PgNb></StmtPgntn>" for number in (1, 2)]
    keys = {read_camt(document(entry("5"), page=page))[0].transactions[0].key for page in pages}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        (entry("-5"), 'Entry 1 says "-5 EUR" where an amount with its currency belongs.'),
        (entry("NaN"), 'Entry 1 says "NaN EUR" where an amount with its currency belongs.'),
        (entry(""), 'Entry 1 says "EUR" where an amount with its currency belongs.'),
        (entry("5", currency=""), 'Entry 1 says "5" where an amount with its currency belongs.'),
        (entry("9" * 16), f'Entry 1 says "{"9" * 16} EUR" where an amount with its currency belongs.'),
        (entry("5", way="BOTH"), "Entry 1 does not say whether money came in or went out (CRDT or DBIT)."),
        (entry("5") + entry("5", status=""), "Entry 2 does not say whether it is booked."),
        (entry("5", status="<Sts>BOOK</Sts><BookgDt><Dt>2026-11-31</Dt></BookgDt>"), '"2026-11-31" is no date.'),
        ("<Ntry/>", "Entry 1 says no amount. Download the statement again."),
    ],
)
def test_one_bad_entry_refuses_the_file_in_a_sentence(entries: str, sentence: str) -> None:
    with pytest.raises(IntakeError) as refused:
        read(entries)
    assert refused.value.sentence == sentence


def test_xml_that_means_harm_is_not_read() -> None:
    laughs = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><Document>&c;</Document>'
    outside = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Document/>'
    for raw in (laughs, outside):
        with pytest.raises(IntakeError, match="document type"):
            read_camt(raw)
    with pytest.raises(IntakeError, match="nested too deeply"):
        read_camt(b"<a>" * 100_000)


words = st.text(string.ascii_letters + string.digits + " <&>'\"äß/-.", max_size=40)
numbers = st.integers(-(10**12), 10**12)
payments = st.builds(
    BankTransaction,
    account=st.just(ACCOUNT),
    statement=st.just("camt.053 S1"),
    position=st.just(""),
    amount=st.builds(Money, numbers, st.sampled_from(["EUR", "JPY", "KWD"])),
    booked_on=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    value_on=st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    status=st.sampled_from([BookingStatus.BOOKED, BookingStatus.PENDING]),
    references=st.lists(st.text(string.digits, min_size=5, max_size=25), max_size=2, unique=True).map(tuple),
    text=words.map(lambda text: " ".join(text.split())),
    reversal=st.booleans(),
)


@given(st.lists(payments, max_size=6), st.sampled_from([2, 8]))
def test_what_a_bank_writes_is_read_as_it_was_written(written: list[BankTransaction], version: int) -> None:
    (statement,) = read_camt(camt053(written, account=ACCOUNT, name="S1", on=DAY, version=version))
    told = [(one.amount, one.booked_on, one.value_on, one.status, one.references) for one in statement.transactions]
    assert told == [(one.amount, one.booked_on, one.value_on, one.status, one.references) for one in written]
    for one, before in zip(statement.transactions, written, strict=True):
        assert one.reversal == before.reversal
        assert one.text == before.text
    assert len({one.key for one in statement.transactions}) == len(written), "each has a key of its own"


whole = document(entry("30", charge("1") + batch(share("10"), share("19"))) + entry("5"))


@given(st.data())
def test_no_damage_does_more_than_a_sentence(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 40))
    raw = whole[:at] + data.draw(st.binary(max_size=12)) + whole[at + length :]
    try:
        read_camt(raw)
    except IntakeError as error:
        assert error.sentence.endswith(".")
