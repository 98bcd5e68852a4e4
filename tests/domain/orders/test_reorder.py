"""Laws of ordering again, whatever the catalogue has become."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.orders.reorder import (
    MOST_NEAREST,
    AgainOutcome,
    FileStanding,
    LineChoice,
    PastLine,
    WhyNotSame,
    answer_line,
    answer_order,
    nearest_choices,
    with_price,
)
from craftops.domain.shop.catalogue import Material

NAMES = ("pla", "petg", "asa", "plywood")
COLOURS = ("Black", "White", "black", "Red")
FINISHES = ("as_made", "sanded", "painted")


def some(values: tuple[str, ...], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, min_size=least).map(tuple)


MATERIALS = st.builds(
    Material, st.sampled_from(NAMES), st.just("M"), st.sampled_from(("fdm", "laser")), colours=some(COLOURS),
    finishes=some(FINISHES),
)  # fmt: skip
CATALOGUES = st.lists(MATERIALS, unique_by=lambda one: one.name)
STANDINGS = st.sampled_from(list(FileStanding))
LINES = st.builds(
    PastLine,
    st.integers(1, 99),
    st.builds(
        LineChoice, st.sampled_from(NAMES), st.sampled_from(("", *COLOURS)), st.sampled_from(("", *FINISHES)),
        st.integers(1, 5),
    ),
    st.sampled_from(("", "fdm", "laser")),
    st.dictionaries(st.integers(1, 5), STANDINGS).map(lambda found: tuple(sorted(found.items()))),
)  # fmt: skip


def can_be_had(choice: LineChoice, catalogue: list[Material]) -> bool:
    """As the form of a new order sees it."""
    material = next((one for one in catalogue if one.name == choice.material), None)
    if material is None:
        return False
    colour = not material.colours or choice.colour in material.colours
    return colour and (not material.finishes or choice.finish in material.finishes)


@given(st.lists(LINES), CATALOGUES)
def test_every_line_is_answered_and_in_its_place(lines: list[PastLine], catalogue: list[Material]) -> None:
    assert [one.line_id for one in answer_order(lines, catalogue)] == [line.id for line in lines]


@given(LINES, CATALOGUES)
def test_what_is_offered_can_be_had(line: PastLine, catalogue: list[Material]) -> None:
    answer = answer_line(line, catalogue)
    good = {number for number, standing in line.versions if standing is FileStanding.GOOD}
    for one in (*answer.nearest, *([answer.choice] if answer.choice else [])):
        assert can_be_had(one, catalogue)
        assert one.revision in good
    assert len(answer.nearest) <= MOST_NEAREST
    assert len(set(answer.nearest)) == len(answer.nearest)


@given(LINES, CATALOGUES)
def test_an_answer_is_one_of_three_and_says_why(line: PastLine, catalogue: list[Material]) -> None:
    answer = answer_line(line, catalogue)
    if answer.outcome is AgainOutcome.SAME:
        assert (answer.choice, answer.reasons) == (line.was, ())
    elif answer.outcome is AgainOutcome.CHANGED:
        assert answer.reasons
        assert answer.choice is not None
        assert answer.choice.material == line.was.material
        assert answer.choice.revision == line.was.revision
    else:
        assert answer.reasons
        assert answer.choice is None  # nobody chooses for the customer


@given(LINES, CATALOGUES)
def test_what_can_be_had_as_it_was_is_the_same(line: PastLine, catalogue: list[Material]) -> None:
    material = next((one for one in catalogue if one.name == line.was.material), None)
    had = material is not None and line.was.colour in (material.colours or ("",))
    had = had and material is not None and line.was.finish in (material.finishes or ("",))
    same = had and line.standing is FileStanding.GOOD
    assert (answer_line(line, catalogue).outcome is AgainOutcome.SAME) is same


@given(LINES, CATALOGUES, st.none() | st.integers(0, 10**6), st.none() | st.integers(0, 10**6))
def test_a_price_that_is_another_is_told_by_how_much(
    line: PastLine, catalogue: list[Material], was: int | None, now: int | None
) -> None:
    before = answer_line(line, catalogue)
    after = with_price(before, was, now)
    known = was is not None and now is not None and before.choice is not None
    assert after.difference == ((now or 0) - (was or 0) if known else None)
    told = {WhyNotSame.PRICE_UP, WhyNotSame.PRICE_DOWN} & set(after.reasons)
    assert bool(told) is bool(after.difference)
    assert (after.choice, after.nearest) == (before.choice, before.nearest)


def material(name: str, process: str, colours: tuple[str, ...], finishes: tuple[str, ...] = ("as_made",)) -> Material:
    return Material(name, name.upper(), process, colours=colours, finishes=finishes)


def past(colour: str = "Black", finish: str = "as_made", name: str = "petg-cf", process: str = "fdm") -> PastLine:
    return PastLine(1, LineChoice(name, colour, finish, 1), process, ((1, FileStanding.GOOD),))


SHOP = (
    material("plywood", "laser", ("Black",)), material("pla", "fdm", ("White", "black"), ("as_made", "sanded")),
    material("petg", "fdm", ("Clear", "Black")),
)  # fmt: skip


def test_nearest_is_of_the_same_process_then_colour_then_finish() -> None:
    found = [(one.material, one.colour, one.finish) for one in nearest_choices(past(), SHOP)]
    assert found == [("petg", "Black", "as_made"), ("pla", "black", "as_made"), ("pla", "black", "sanded")]
    found = [(one.material, one.colour, one.finish) for one in nearest_choices(past(finish="sanded"), SHOP)]
    assert found[0] == ("pla", "black", "sanded")
    assert nearest_choices(past(process="laser"), SHOP)[0].material == "plywood"
    assert nearest_choices(past(process="cnc"), SHOP)  # nothing of its kind is left: better others than none


def test_a_colour_that_is_gone_is_looked_for_in_the_same_material() -> None:
    found = [(one.material, one.colour) for one in nearest_choices(past("Red", name="pla"), SHOP)]
    assert found == [("pla", "White"), ("pla", "black"), ("pla", "White")]


def test_without_its_file_the_nearest_versions_are_offered() -> None:
    standing = FileStanding
    versions = ((1, standing.GOOD), (2, standing.GOOD), (3, standing.GONE), (4, standing.GOOD), (5, standing.REFUSED))
    line = PastLine(1, LineChoice("pla", "White", "as_made", 3), "", versions)
    assert [one.revision for one in answer_line(line, SHOP).nearest] == [4, 2, 1]
    assert answer_line(line, SHOP).reasons == (WhyNotSame.FILE_GONE,)
