"""Templates that speak the reader's language: translated when they are compiled, once for each language.

A template is plain English. What people read in it, text and the attributes that are said, is found in its syntax tree
and said by the catalogue; so are the literals of its expressions that are shown, and ``_("…")`` anywhere. A page of
another language costs what an English one costs: nothing is looked up while it is rendered.
"""

from __future__ import annotations

import weakref
from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment
from jinja2 import BaseLoader, Template, nodes

from craftops.web.frame.language.catalogues import SOURCE, catalogue
from craftops.web.frame.language.markup import Piece, Scanner, Text, Token, Value, has_letters
from craftops.web.frame.language.messages import Say, name_of, pieces_of, translated
from craftops.web.frame.language.now import language_now

MOST_KEPT = 1500
"""Compiled templates that are kept, of all languages and themes; all go when there are more. Which was used last is
not looked after: Jinja's own cache looks through all of its keys for that, for each template of a page."""
MARKS = frozenset({"_", "gettext"})
ASK = MARKS | {"ngettext", "told"}
"""What looks a message up while the page is rendered."""
SENTENCES = frozenset(
    {
        "driver_title", "error", "fault", "fix", "instead", "reason", "sentence", "summary", "trouble", "warning",
        "why", "why_kept", "why_not",
    }
)  # fmt: skip
"""What values are called that are sentences of the rooms below: they are said by ``told`` where they are shown."""
OF_FIELDS = frozenset({"label", "hint"})
"""The same of a form's field, which a plugin may have described."""
SPEAKING_FILTERS = frozenset({"default", "d"})


def language() -> str:
    """The language of what is rendered now; English outside of a request."""
    return language_now() or SOURCE


class SpeakingEnvironment(Environment):
    """Jinja that keeps every template once for each language that was asked for."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._spoken: dict[tuple[weakref.ref[BaseLoader], str, str], Template] = {}

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> Template:
        loader = self.loader
        if loader is None:
            raise TypeError("no loader for this environment specified")
        key = (weakref.ref(loader), name, language())
        known = self._spoken.get(key)
        if known is not None and (not self.auto_reload or known.is_up_to_date):
            if globals:
                known.globals.update(globals)
            return known
        found = loader.load(self, name, self.make_globals(globals))
        if len(self._spoken) >= MOST_KEPT:
            self._spoken.clear()
        self._spoken[key] = found
        return found

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        speaks = language()
        say: Say = str if speaks == SOURCE else catalogue(speaks).say
        return Speaking(say, plain=bool(name) and str(name).endswith(".txt"), whole=speaks != SOURCE).template(tree)


class Speaking:
    """One template in one language. ``whole`` is false where only what is marked by hand is to be said."""

    def __init__(self, say: Say, *, plain: bool = False, whole: bool = True) -> None:
        self.say, self.whole = say, whole
        self.scanner = Scanner(self._attribute, plain)
        self.line = 0

    def template(self, tree: nodes.Template) -> nodes.Template:
        """The template; its tree is changed."""
        self._marked(tree)
        if self.whole:
            tree.body = self._body(tree.body)
        return tree

    def _marked(self, node: nodes.Node) -> None:
        """Say what is marked by hand, unless values come into it: then it is said when they are known."""
        for field in node.fields:
            value = getattr(node, field)
            if isinstance(value, list):
                setattr(node, field, [self._folded(one) for one in value])
            else:
                setattr(node, field, self._folded(value))

    def _folded(self, node: Any) -> Any:
        if not isinstance(node, nodes.Node):
            return node
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in MARKS:
            only = node.args[0] if len(node.args) == 1 and not node.kwargs else None
            if isinstance(only, nodes.Const):
                return nodes.Const(self.say(only.value), lineno=node.lineno)
        if isinstance(node, nodes.CondExpr) and node.expr2 is None:
            # Nothing is shown either way; Jinja's own nothing costs an error made and caught each time.
            node.expr2 = nodes.Const("", lineno=node.lineno)
        self._marked(node)
        return node

    def _body(self, body: list[nodes.Node]) -> list[nodes.Node]:
        for node in body:
            if isinstance(node, nodes.Output):
                self.line = node.lineno
                node.nodes = self._output(node.nodes)
            elif isinstance(node, nodes.Block) and node.name.endswith("_class"):
                continue
            elif isinstance(node, nodes.Macro):
                outside = self.scanner
                self.scanner = Scanner(self._attribute, outside.plain)
                self._inner(node)
                self.scanner = outside
            else:
                self._inner(node)
        return body

    def _inner(self, node: nodes.Node) -> None:
        """What is in a statement. Every branch of a condition begins where the condition stands."""
        if isinstance(node, nodes.Assign) and isinstance(node.node, nodes.Expr):
            node.node = self._shown(node.node, names_too=True)
            return
        before = (self.scanner.mode, self.scanner.tag, self.scanner.attribute, self.scanner.quote)
        for field in ("body", "elif_", "else_"):
            inner = getattr(node, field, None)
            if not isinstance(inner, list):
                continue
            scanner = self.scanner
            after = (scanner.mode, scanner.tag, scanner.attribute, scanner.quote)
            if field != "body":
                scanner.mode, scanner.tag, scanner.attribute, scanner.quote = before
            self._body(inner)
            if field != "body":
                scanner.mode, scanner.tag, scanner.attribute, scanner.quote = after
        if isinstance(node, nodes.CallBlock):
            self._shown(node.call, names_too=True)

    def _output(self, parts: list[nodes.Expr]) -> list[nodes.Expr]:
        tokens: list[Token] = []
        for token in self.scanner.read(parts):
            tokens.append(Value(_told(self._shown(token.node))) if isinstance(token, Value) else token)
        return [self._node(piece) for piece in pieces_of(translated(tokens, self.say))]

    def _node(self, piece: Piece) -> nodes.Expr:
        return nodes.TemplateData(piece, lineno=self.line) if isinstance(piece, str) else piece

    def _attribute(self, value: list[Piece]) -> list[Piece]:
        """The value of an attribute that people meet: one message."""
        tokens = [Text(one) if isinstance(one, str) else Value(self._shown(one)) for one in value]
        out = pieces_of(translated(tokens, self.say))
        return [one.replace('"', "&quot;") if isinstance(one, str) else one for one in out]

    def _shown(self, node: nodes.Expr, names_too: bool = False) -> nodes.Expr:
        """An expression whose value is shown, with its literals said. ``names_too``: where a literal may also be the
        name of something, as among the arguments of a macro, only what begins like a sentence is words."""
        if isinstance(node, nodes.Const):
            return self._literal(node, names_too)
        if isinstance(node, nodes.CondExpr):
            node.expr1 = self._shown(node.expr1, names_too)
            node.expr2 = self._shown(node.expr2, names_too) if node.expr2 is not None else None
        elif isinstance(node, nodes.Or):
            node.right = self._shown(node.right, names_too)
            node.left = self._shown(node.left, names_too)
        elif isinstance(node, nodes.Concat):
            return self._concat(node, names_too)
        elif isinstance(node, nodes.Filter) and node.name in SPEAKING_FILTERS:
            node.args = [self._shown(one, names_too) for one in node.args]
        elif isinstance(node, nodes.Call) and name_of(node) not in ASK:
            node.args = [self._shown(one, names_too=True) for one in node.args]
            for pair in node.kwargs:
                pair.value = self._shown(pair.value, names_too=True)
        return node

    def _literal(self, node: nodes.Const, names_too: bool) -> nodes.Const:
        text = node.value
        if not isinstance(text, str) or not has_letters(text) or (names_too and not text[:1].isupper()):
            return node
        inner = text.strip()
        self.line = node.lineno
        said = self.say(inner)
        return node if said == inner else nodes.Const(text.replace(inner, said), lineno=node.lineno)

    def _concat(self, node: nodes.Concat, names_too: bool) -> nodes.Expr:
        """``"Hello " ~ name ~ ","`` is one message."""
        first = node.nodes[0]
        words = [one.value for one in node.nodes if isinstance(one, nodes.Const) and isinstance(one.value, str)]
        if not any(has_letters(one) for one in words):
            return node
        if names_too and not (isinstance(first, nodes.Const) and str(first.value)[:1].isupper()):
            return node
        tokens: list[Token] = [
            Text(one.value) if isinstance(one, nodes.Const) and isinstance(one.value, str) else Value(one)
            for one in node.nodes
        ]
        self.line = node.lineno
        pieces = pieces_of(translated(tokens, self.say))
        return nodes.Concat(
            [nodes.Const(one, lineno=node.lineno) if isinstance(one, str) else one for one in pieces],
            lineno=node.lineno,
        )


def _told(node: nodes.Expr) -> nodes.Expr:
    """A value that is a sentence of the rooms below, said in the reader's language."""
    if isinstance(node, nodes.Or):
        node.left = _told(node.left)
        return node
    of = node.node if isinstance(node, nodes.Getattr | nodes.Getitem) else None
    named = of.name if isinstance(of, nodes.Name) else of.attr if isinstance(of, nodes.Getattr) else ""
    is_sentence = name_of(node) in SENTENCES or named == "errors" or (named == "f" and name_of(node) in OF_FIELDS)
    if not is_sentence or not isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
        return node
    return nodes.Filter(node, "told", [], [], None, None, lineno=node.lineno)


__all__ = ["Speaking", "SpeakingEnvironment", "language", "name_of"]
