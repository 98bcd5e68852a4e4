"""Any brand colour, on any paper, makes a look that can be read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.shop.colour import contrast, oklch, readable
from craftops.domain.shop.palette import AA, AAA, RULES, broken_rules, fill_of, grounds_of, settled
from craftops.domain.shop.token_sheet import as_hex, colours_of, declared

ROOT = Path(__file__).parents[3]
COLOUR = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
SCHEMES = [(dark, target) for dark in (False, True) for target in (AA, AAA)]


def thousand() -> list[str]:
    chance = random.Random(17)
    return [f"#{chance.randrange(1 << 24):06x}" for _ in range(1000)]


def whole(brand: str, ground: str, *, dark: bool, target: float) -> dict[str, str]:
    return settled(grounds_of(ground, dark=dark), brand, dark=dark, target=target)


@pytest.mark.parametrize(("dark", "target"), SCHEMES)
def test_a_thousand_brand_colours_are_readable_by_day_and_by_night(dark: bool, target: float) -> None:
    papers = thousand()[::-1]
    for brand, ground in zip(thousand(), papers, strict=True):
        made = whole(brand, ground, dark=dark, target=target)
        assert broken_rules(made, target) == (), f"{brand} on {ground}"
        assert {one.token for one in RULES} <= set(made), "every token of the table is there"


@pytest.mark.parametrize("theme", sorted(path.parent.name for path in (ROOT / "themes").glob("*/tokens.css")))
@pytest.mark.parametrize("dark", [False, True])
def test_any_brand_colour_is_readable_in_each_theme(theme: str, dark: bool) -> None:
    core = (ROOT / "craftops" / "static" / "css" / "tokens.css").read_text()
    base = colours_of(core, (ROOT / "themes" / theme / "tokens.css").read_text(), dark=dark)
    left = {name: value for name, value in base.items() if "brand" not in name}
    for brand in thousand()[::8]:
        made = settled(left, brand, dark=dark)
        assert broken_rules(made) == (), brand
        assert {name: made[name] for name in left} == left, "the theme's own colours are good as they are"


@given(brand=COLOUR, ground=COLOUR, dark=st.booleans(), target=st.sampled_from([AA, AAA]))
def test_the_law_holds_for_whatever_comes(brand: str, ground: str, dark: bool, target: float) -> None:
    made = whole(brand, ground, dark=dark, target=target)
    assert broken_rules(made, target) == ()
    assert made == whole(brand, ground, dark=dark, target=target)


@given(brand=COLOUR)
def test_what_is_good_already_stays_what_it_is(brand: str) -> None:
    fill, words, hover = fill_of(brand, AA)
    assert contrast(fill, words) >= AA
    assert contrast(hover, words) >= AA
    if contrast(brand, "#ffffff") >= AA:
        assert (fill, words) == (brand, "#ffffff")
    if contrast(brand, "#fafafa") >= AA:
        assert readable(brand, ("#fafafa",), AA, darker=True) == brand


def test_a_yellow_shop_keeps_its_yellow_and_its_words_are_ink() -> None:
    made = whole("#ffd400", "#f4f2ee", dark=False, target=AA)
    assert made["brand"] == "#ffd400"
    assert contrast(made["on-brand"], "#ffd400") > 10
    assert contrast(made["brand-edge"], made["surface"]) >= 3


def test_the_hue_of_a_paper_stays_and_its_strength_is_held() -> None:
    for dark in (False, True):
        made = grounds_of("#00ff00", dark=dark)
        paper = oklch(made["ground"])
        assert paper.chroma < 0.05
        assert abs(paper.hue - oklch("#00ff00").hue) < 6
        assert (paper.light > 0.9) is not dark


@given(COLOUR)
def test_a_colour_comes_back_from_oklch(colour: str) -> None:
    assert oklch(colour).hex == colour


def test_known_contrasts() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    with pytest.raises(ValueError, match="no colour"):
        contrast("red", "#ffffff")


def test_tokens_are_read_with_their_lines_and_schemes() -> None:
    text = (
        "/* --ground: #000000 */\n:root { --ground: #fff;\n  --radius: 2px; }\n.card { --ground: #123456; }\n"
        "@media (prefers-color-scheme: dark) { :root:not([data-scheme=light]) { --ground: oklch(0 0 0); } }\n"
    )
    assert [(one.name, one.line, one.dark, one.colour) for one in declared(text)] == [
        ("ground", 2, False, "#ffffff"), ("radius", 3, False, ""), ("ground", 5, True, "#000000"),
    ]  # fmt: skip
    assert colours_of(text, dark=False) == {"ground": "#ffffff"}
    assert colours_of(text, dark=True) == {"ground": "#000000"}
    assert as_hex("oklch(100% 0 0)") == "#ffffff"
    assert as_hex("var(--text)") == ""
