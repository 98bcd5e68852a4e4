"""What pages get is frozen, holds no secret, and says the same of a row that was just made as of one that was read."""

from __future__ import annotations

import ast
import importlib
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest

from craftops.store import views
from craftops.store.models import AccountRow, OrderRow
from craftops.store.queries import people, production, scoped
from craftops.store.queries.order_views import order_views
from craftops.store.viewing import order_view, person_view
from craftops.testing import Workshop

FOLDER = Path(views.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
SECRETS = ("password", "token_hash", "sealed", "public_key")
NEEDED = {
    ("FollowedMachine", "sealed_secret"), ("WaitingTrial", "sealed_secret"),  # the bridge signs in with them
    ("SessionView", "token_hash"),  # which of the sessions is the reader's own
    ("PersonView", "has_password"),  # whether there is one
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_every_view_is_frozen_and_slotted_and_knows_no_row(name: str) -> None:
    module = importlib.import_module(f"craftops.store.views.{name}")
    for one in vars(module).values():
        if isinstance(one, type) and is_dataclass(one) and one.__module__ == module.__name__:
            assert one.__dataclass_params__.frozen, one
            assert hasattr(one, "__slots__"), one
            secret = {field.name for field in fields(one) if any(word in field.name for word in SECRETS)}
            assert {(one.__name__, field) for field in secret} <= NEEDED
    imported = {
        node.module or ""
        for node in ast.walk(ast.parse((FOLDER / f"{name}.py").read_text()))
        if isinstance(node, ast.ImportFrom)
    }
    assert not any("store.models" in module or module.startswith("peewee") for module in imported)


def test_an_order_that_was_just_placed_is_seen_as_it_is_read(workshop: Workshop) -> None:
    placed = workshop.place("ada")
    read = OrderRow.get_by_id(placed.id)
    assert order_view(placed) == order_view(read)
    assert order_views([placed.id]) == [order_view(read)]
    seen = scoped.order_view(workshop.actor("ada"), placed.code)
    assert replace(seen, hand_minutes=None) == order_view(read)
    assert seen.hand_minutes == production.hand_minutes(placed.id)


def test_an_account_that_was_just_made_is_seen_as_it_is_read(workshop: Workshop) -> None:
    made = workshop.people["ada"]
    assert person_view(made) == person_view(AccountRow.get_by_id(made.id)) == people.person(made.id)
    assert person_view(made).has_password
    AccountRow.update(password_hash="").where(AccountRow.id == made.id).execute()
    assert not person_view(AccountRow.get_by_id(made.id)).has_password
