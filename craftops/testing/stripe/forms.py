"""How Stripe's API is spoken to: forms with brackets in, errors of its shape out, parameters it does not know refused.

Which parameters Stripe knows is not written down here: the installed ``stripe`` package says so, at every depth.
"""

from __future__ import annotations

import importlib
import inspect
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

Tree = dict[str, Any]
PART = re.compile(r"\[([^\]]*)\]")
DEEPEST, MOST_FIELDS = 8, 2000


class StripeFault(Exception):
    """An answer that is an error, as Stripe shapes it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "type": kind}
        if code:
            self.body["code"] = code
            self.body["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param:
            self.body["param"] = param
        self.body.update(more)


def missing(name: str) -> StripeFault:
    return StripeFault(400, f"A required parameter is missing: {name}.", code="parameter_missing", param=name)


def wrong(name: str, message: str, code: str = "") -> StripeFault:
    return StripeFault(400, message, code=code or "parameter_invalid", param=name)


def no_such(kind: str, key: str, param: str = "id") -> StripeFault:
    return StripeFault(404, f"There is no {kind} '{key}' here.", code="resource_missing", param=param)


def decode(form: str) -> Tree:
    """A form as a tree: ``a[b][0][c]=1`` is ``{"a": {"b": [{"c": "1"}]}}``. Raises StripeFault."""
    tree: Tree = {}
    fields = parse_qsl(form, keep_blank_values=True)
    if len(fields) > MOST_FIELDS:
        raise StripeFault(400, "The form has too many fields.")
    for name, value in fields:
        head, _, rest = name.partition("[")
        path = [head, *PART.findall("[" + rest)] if rest else [head]
        if len(path) > DEEPEST:
            raise wrong(name, "The parameter is nested too deeply.")
        _put(tree, path, value)
    listed = _lists(tree)
    assert isinstance(listed, dict)
    return listed


def _put(tree: Tree, path: list[str], value: str) -> None:
    for part in path[:-1]:
        part = part or str(len(tree))
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise wrong(path[0], "The parameter is a value and a group at once.")
    tree[path[-1] or str(len(tree))] = value


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(key.isdigit() for key in node):
        return [_lists(node[key]) for key in sorted(node, key=int)]
    return {key: _lists(value) for key, value in node.items()}


@cache
def known(params: str) -> Tree:
    """The parameters of ``RefundCreateParams``, or ``checkout.SessionCreateParams``, by the installed ``stripe``.

    A leaf is None; ``{"*": None}`` stands for any key.
    """
    room, _, name = params.rpartition(".")
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    module = importlib.import_module(".".join(filter(None, ("stripe.params", room, "_" + snake))))
    return _tree(module, name)


def _tree(module: Any, name: str) -> Tree:
    found: Tree = {}
    for key, kind in inspect.get_annotations(vars(module)[name]).items():
        text = repr(kind)
        below = [one for one in re.findall(r"\w+", text) if one.startswith(name) and one in vars(module)]
        nested: Tree = {}
        for one in below:
            nested.update(_tree(module, one))
        found[key] = nested or ({"*": None} if "Dict[str" in text else None)
    return found


def check(given: Tree, params: str, done: frozenset[str]) -> None:
    """Refuse what Stripe does not know, and what it knows and this local one does not do (``done``: dotted paths).

    Raises StripeFault.
    """
    _check(given, known(params), done, "", "")


def _check(given: Any, tree: Tree | None, done: frozenset[str], dotted: str, shown: str) -> None:
    if isinstance(given, list):
        for index, one in enumerate(given):
            _check(one, tree, done, dotted, f"{shown}[{index}]")
        return
    if not isinstance(given, dict):
        if dotted not in done:
            raise StripeFault(400, f"The local Stripe does not do {shown}.", code="not_simulated", param=shown)
        return
    for key, value in given.items():
        name = f"{shown}[{key}]" if shown else key
        if tree is None or (key not in tree and "*" not in tree):
            raise StripeFault(400, f"Unknown parameter: {name}.", code="parameter_unknown", param=name)
        below = f"{dotted}.*" if "*" in tree else f"{dotted}.{key}" if dotted else key
        _check(value, tree.get(key), done, below, name)


def whole(tree: Tree, name: str, default: int | None = None) -> int:
    """A whole number of a form. Raises StripeFault."""
    value = tree.get(name)
    if value is None or value == "":
        if default is None:
            raise missing(name)
        return default
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,15}", value):
        raise wrong(name, f"Not a whole number: {value}.", "parameter_invalid_integer")
    return int(value)


def text(tree: Tree, name: str, longest: int = 5000) -> str | None:
    """A text of a form; None where it is not there or empty. Raises StripeFault."""
    value = tree.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise wrong(name, f"{name} must be a text of at most {longest} characters.")
    return value


def metadata(tree: Tree, name: str = "metadata") -> dict[str, str]:
    """At most 50 keys of 40 characters, values of 500. Raises StripeFault."""
    given = tree.get(name) or {}
    if not isinstance(given, dict) or len(given) > 50:
        raise wrong(name, "Metadata is a group of at most 50 keys.")
    for key, value in given.items():
        if len(key) > 40 or not isinstance(value, str) or len(value) > 500:
            raise wrong(f"{name}[{key}]", "A key of metadata has at most 40 characters, a value 500.")
    return {key: value for key, value in given.items() if value}
