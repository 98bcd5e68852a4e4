"""No function is a maze: its cyclomatic complexity is at most 15, with every ``and``, ``or`` and comprehension counted.

ruff holds the same limit without those (``C901``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TREES = ("craftops", "plugins", "machines", "themes")
MOST = 15
ONE_EACH = (ast.If, ast.IfExp, ast.Assert, ast.Lambda, ast.ExceptHandler)
LOOPS = (ast.For, ast.AsyncFor, ast.While)


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


def test_no_function_is_a_maze() -> None:
    mazes = {
        f"{path.relative_to(ROOT)}:{node.name}": figure
        for tree in TREES
        for path in sorted((ROOT / tree).rglob("*.py"))
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (figure := complexity(node)) > MOST
    }
    assert mazes == {}


def test_a_maze_is_counted_as_it_is_walked() -> None:
    text = "def f(a, b):\n if a and b or a:\n  return [x for x in a if x]\n for x in b: pass\n return lambda: 1 if a else 2"
    assert complexity(ast.parse(text).body[0]) == 9
