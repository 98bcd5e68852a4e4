"""Codes, keys, credentials, hours as text, file names: what people type."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.machines.credentials import check_machine_key, hash_secret, new_secret, secret_matches
from craftops.domain.orders.order import CODE_ALPHABET, check_quantity, new_code, normalise_code
from craftops.domain.shop.profile import ShopProfile, check_profile, parse_span
from craftops.errors import IntakeError
from craftops.services.files.intake import clean_name


def test_codes_have_no_look_alikes_and_differ() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) > 495
    assert all(len(code) == 6 and set(code) <= set(CODE_ALPHABET) for code in codes)
    assert not set("01256IO") & set(CODE_ALPHABET)


def test_a_code_may_be_typed_in_any_way() -> None:
    assert normalise_code(" k7r-cx3 ") == "K7RCX3"


@given(st.text(max_size=40))
def test_a_secret_matches_its_own_hash_only(secret: str) -> None:
    hashed = hash_secret(secret)
    assert secret_matches(secret, hashed)
    assert not secret_matches(secret + "x", hashed)
    assert re.fullmatch(r"\$7\$101\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==", hashed)


@given(st.text(max_size=80))
def test_no_hash_makes_it_raise(hashed: str) -> None:
    assert not secret_matches("secret", hashed)


def test_secrets_are_long_and_differ() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert len(new_secret()) == 24


@pytest.mark.parametrize("key", ["", "Prusa", "a b", "a/b", "#", "+", "$SYS", "x" * 33, "-a", "ä"])
def test_a_key_that_could_be_another_topic_is_refused(key: str) -> None:
    with pytest.raises(IntakeError):
        check_machine_key(key)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "ten", "", "10001", None, "1e3"])
def test_a_quantity_is_a_whole_number(value: object) -> None:
    with pytest.raises(IntakeError):
        check_quantity(value)


@pytest.mark.parametrize("text", ["9-18", "18:00-09:00", "25:00-26:00", "09:60-10:00", "", "always"])
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(IntakeError):
        parse_span(text)


def test_every_fault_of_a_profile_is_told_at_once() -> None:
    profile = ShopProfile(
        name=" ", brand="red", timezone="Mars/Base", hours={"monday": ("x",)}, closed_on=("soon",), currency="€"
    )
    with pytest.raises(IntakeError) as caught:
        check_profile(profile)
    assert set(caught.value.fields) == {"name", "brand", "timezone", "hours_monday", "closed_on", "currency"}


@given(st.text(max_size=400))
def test_a_file_name_is_one_printable_line_without_folders(name: str) -> None:
    shown = clean_name(name)
    assert shown
    assert len(shown) <= 150
    assert "/" not in shown
    assert "\\" not in shown
    assert shown.isprintable()
