"""No function is a maze: its cyclomatic complexity is at most 15, with every ``and``, ``or`` and comprehension counted.

ruff holds the same limit without those (``C901``). What stands in ``TANGLED`` is older than this law: a number there
may only become smaller, and whoever touches such a function takes it apart.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TREES = ("craftops", "plugins", "machines", "themes")
MOST = 15
ONE_EACH = (ast.If, ast.IfExp, ast.Assert, ast.Lambda, ast.ExceptHandler)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
TANGLED: dict[str, int] = {
    "craftops/domain/billing/allocating.py:_returned": 17,
    "craftops/domain/messages/bounce_verdict.py:is_hard": 21,
    "craftops/domain/schedule/capability.py:why_not": 16,
    "craftops/processes/pip_words.py:why_not": 17,
    "craftops/processes/sample_money.py:_deals": 18,
    "craftops/services/estimation/estimating.py:_keep": 17,
    "craftops/services/messages/delivery.py:_draft": 17,
    "craftops/services/orders/ordering.py:place_order": 18,
    "craftops/store/queries/orders_again.py:earlier_lines": 17,
    "craftops/web/billing/order_price.py:price_view": 20,
    "craftops/web/people/present_company.py:company_page": 17,
    "craftops/web/production/present.py:job_line": 18,
    "craftops/web/shipping/present_order.py:order_shipping_page": 17,
}
"""Function -> its complexity."""


def within(function: ast.AST) -> Iterator[ast.AST]:
    """All that is in a function, and not in those inside of it: they count for themselves."""
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node
            yield from within(node)


def complexity(function: ast.AST) -> int:
    """One more than there are decisions in it."""
    found = 1
    for node in within(function):
        found += isinstance(node, (*ONE_EACH, *LOOPS))
        if isinstance(node, ast.BoolOp):
            found += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            found += 1 + len(node.ifs)
        elif isinstance(node, ast.Match):
            found += len(node.cases)
        elif isinstance(node, (*LOOPS, ast.Try)):
            found += bool(node.orelse)
    return found


@cache
def figures() -> Mapping[str, int]:
    """Function -> its complexity; of those of one name in a file the largest."""
    found: dict[str, int] = {}
    for tree in TREES:
        for path in sorted((ROOT / tree).rglob("*.py")):
            if "migrations" not in path.parts:
                for node in ast.walk(ast.parse(path.read_text())):
                    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                        name = f"{path.relative_to(ROOT)}:{node.name}"
                        found[name] = max(complexity(node), found.get(name, 0))
    return found


def test_no_function_is_a_maze() -> None:
    assert {name: figure for name, figure in figures().items() if figure > MOST and name not in TANGLED} == {}


def test_what_was_taken_apart_is_tangled_no_more() -> None:
    assert {name: figures().get(name, 0) for name, figure in TANGLED.items() if figures().get(name, 0) != figure} == {}


def test_a_maze_is_counted_as_it_is_walked() -> None:
    text = "def f(a, b):\n if a and b or a:\n  return [x for x in a if x]\n for x in b: pass\n return lambda: 1 if a else 2"
    assert complexity(ast.parse(text).body[0]) == 9
