"""``craftops theme check``: what is wrong with a theme, by rule, where, and why.

It reads the theme's folder and what lies below it; no shop has to run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, nodes

from craftops.domain.shop.palette import RULES, broken_rules, settled
from craftops.domain.shop.token_sheet import DECLARED, TokenValue, colours_of, declared, without_comments
from craftops.web.frame.keeping import KeepExtension
from craftops.web.frame.layers import LayeredLoader, below
from craftops.web.frame.theme_sheet import DERIVED

CORE = Path(__file__).parents[2]
BRANDS = ("#1f6feb", "#d4532b", "#ffd400", "#0a0a0a", "#f7f7f7", "#7a9e3b")
"""Colours of shops that a theme is tried with."""
USED = re.compile(r"var\(\s*--([a-z0-9-]+)\s*\)")
REMOTE = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])(?:https?:)?//[^)'\"]*")
ADDRESS = re.compile(r"url\(\s*['\"]?([^)'\"]+)")
FETCHED = re.compile(
    r"<(?:link|script|img|iframe|source|video|audio|use|object|embed)\b[^>]*?\b(?:href|src|srcset|data)\s*=\s*['\"]?"
    r"(?:https?:)?//[^\s>'\"]*",
    re.IGNORECASE,
)
INLINE = (
    (r"<[a-z][^>]*\sstyle\s*=", "inline style", "pages allow no style attribute; use a class"),
    (r"<style\b", "inline style", "pages allow no style element; write it in tokens.css"),
    (r"<script\b(?![^>]*\ssrc\s*=)", "inline script", "pages run no script that stands in them"),
    (r"<[a-z][^>]*\son[a-z]+\s*=", "inline script", "pages run no script of an attribute"),
)
SETS_OF_CORE = ("tokens.css", "base.css", "portal.css", "staff.css")


@dataclass(frozen=True, slots=True)
class ThemeFault:
    """What is wrong: the rule, the file below the theme's folder, the line (0: the whole file), a name in it, why."""

    rule: str
    file: str
    line: int
    what: str
    why: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.rule}: {self.what + ': ' if self.what else ''}{self.why}"


@dataclass(frozen=True)
class ThemeCheck:
    """One theme's folder, and the folders of what lies below it, nearest first; the core is below all of them."""

    folder: Path
    parents: tuple[Path, ...] = ()
    name: str = ""
    """Of the theme, as addresses of its static files have it."""
    _sheets: dict[Path, str] = field(default_factory=dict)

    def faults(self) -> tuple[ThemeFault, ...]:
        """Everything that is wrong, in the order of the files."""
        found = [*self._colours(), *self._sheet_faults(), *self._template_faults()]
        return tuple(sorted(found, key=lambda one: (one.file, one.line, one.rule, one.what)))

    def _read(self, path: Path) -> str:
        if path not in self._sheets:
            self._sheets[path] = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        return self._sheets[path]

    def _stack(self) -> list[str]:
        """Token sheets from the core up to this theme."""
        css = CORE / "static" / "css" / "tokens.css"
        return [self._read(css), *(self._read(one / "tokens.css") for one in (*self.parents[::-1], self.folder))]

    def _colours(self) -> Iterator[ThemeFault]:
        own = list(declared(self._read(self.folder / "tokens.css")))
        told: set[tuple[str, str, bool]] = set()
        for dark in (False, True):
            said = colours_of(*self._stack(), dark=dark)
            fixed = {name: value for name, value in said.items() if name not in DERIVED}
            for broken in broken_rules(fixed):
                yield self._pair(own, broken.token, broken.ground, broken.found, broken.wanted, dark)
                told.add((broken.token, broken.ground, dark))
            for brand in BRANDS:  # what the shop's colour makes of it: a paper on which no colour can be read
                made = settled(fixed, brand, dark=dark)
                for broken in broken_rules({**made, **fixed}):
                    pair = (broken.token, broken.ground, dark)
                    if pair not in told and {broken.token, broken.ground} & set(DERIVED):
                        told.add(pair)
                        yield self._pair(own, *pair[:2], broken.found, broken.wanted, dark, f" with the colour {brand}")

    def _pair(
        self, own: list[TokenValue], token: str, ground: str, found: float, wanted: float, dark: bool, more: str = ""
    ) -> ThemeFault:  # fmt: skip
        lines = [one.line for one in own if one.name in (token, ground) and (dark or not one.dark)]
        why = f"{found:.2f} : 1 on --{ground} by {'night' if dark else 'day'}{more}; it takes {wanted:g} : 1"
        return ThemeFault("contrast", "tokens.css", lines[-1] if lines else 0, f"--{token}", why)

    def _line_faults(self, path: Path, file: str, number: int, line: str, known: set[str]) -> Iterator[ThemeFault]:
        for found in USED.finditer(line):
            if found[1] not in known:
                yield ThemeFault("missing token", file, number, f"--{found[1]}", "nobody gives it a value")
        for remote in REMOTE.finditer(line):
            yield ThemeFault("remote asset", file, number, remote[0], "pages fetch nothing from other hosts")
        for address in ADDRESS.finditer(line):
            if why := self._missing(address[1], path):
                yield ThemeFault("missing file", file, number, address[1], why)

    def _sheet_faults(self) -> Iterator[ThemeFault]:
        known = {one[1] for sheet in self._stack() for one in DECLARED.finditer(without_comments(sheet))} | set(DERIVED)
        core = "".join(self._read(CORE / "static" / "css" / name) for name in SETS_OF_CORE)
        known |= {one[1] for one in DECLARED.finditer(without_comments(core))}
        for path in (self.folder / "tokens.css", *sorted((self.folder / "static").rglob("*.css"))):
            if not path.is_file():
                continue
            file, text = str(path.relative_to(self.folder)), without_comments(self._read(path))
            mine = known | {one[1] for one in DECLARED.finditer(text)}
            for number, line in enumerate(text.splitlines(), 1):
                yield from self._line_faults(path, file, number, line, mine)
            if path.name == "tokens.css":
                yield from _colour_faults(file, text)
            if text.count("{") != text.count("}"):
                yield ThemeFault("style sheet syntax", file, 0, "", "as many { as } are needed")

    def _missing(self, address: str, sheet: Path) -> str:
        """Why an address of the theme's own leads nowhere; of others nothing is said."""
        address = address.partition("?")[0].partition("#")[0].strip()
        if self.name and address.startswith(f"/theme/{self.name}/"):
            path = self.folder / "static" / address.removeprefix(f"/theme/{self.name}/")
        elif not address or ":" in address.partition("/")[0] or address.startswith("/"):
            return ""
        elif sheet.name == "tokens.css":
            return "a relative address leads nowhere here: write /theme/<name of the theme>/…"
        else:
            path = sheet.parent / address
        return "" if path.is_file() else "there is no such file in static"

    def _template_faults(self) -> Iterator[ThemeFault]:
        root = self.folder / "templates"
        lower = [one / "templates" for one in (*self.parents, CORE)]
        loader, environment = LayeredLoader([root, *lower]), Environment(autoescape=True, extensions=[KeepExtension])
        for path in sorted(one for one in root.rglob("*") if one.is_file()):
            name = path.relative_to(root).as_posix()
            file, text = f"templates/{name}", self._read(path)
            if not any((one / name).is_file() for one in lower) and not _is_own(name):
                yield ThemeFault(
                    "unknown template",
                    file,
                    0,
                    "",
                    "no page of this name is looked for; parts of your own begin with _",
                )
            if not name.startswith("mail/"):
                yield from _inline_faults(file, text)
            try:
                tree = environment.parse(text, name, str(path))
            except TemplateSyntaxError as error:
                yield ThemeFault("template syntax", file, error.lineno, "", error.message or "it cannot be read")
                continue
            yield from _block_faults(tree, name, file, loader, environment)


def _is_own(name: str) -> bool:
    """A part for other templates of the theme, or a page of a plugin, which may not be installed here."""
    return Path(name).name.startswith("_") or name.startswith("plugins/")


def _inline_faults(file: str, text: str) -> Iterator[ThemeFault]:
    for number, line in enumerate(text.splitlines(), 1):
        for remote in FETCHED.finditer(line):
            yield ThemeFault("remote asset", file, number, remote[0], "pages fetch nothing from other hosts")
        for pattern, rule, why in INLINE:
            if found := re.search(pattern, line, re.IGNORECASE):
                yield ThemeFault(rule, file, number, found[0], why)


def _block_faults(
    tree: nodes.Template, name: str, file: str, loader: LayeredLoader, environment: Environment
) -> Iterator[ThemeFault]:
    """Parents that are not there, and blocks that nobody shows."""
    extends = next(iter(tree.find_all(nodes.Extends)), None)
    for one in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        wanted = _constant(getattr(one, "template", None))
        if wanted and not getattr(one, "ignore_missing", False) and not loader.having(below(wanted, name)):
            yield ThemeFault("unknown template", file, one.lineno, wanted, "no layer has it")
    target = _constant(extends.template) if extends is not None else ""
    if not target:
        return
    known = _blocks(below(target, name), loader, environment)
    nested = {inner.name for block in tree.find_all(nodes.Block) for inner in block.find_all(nodes.Block)}
    for block in tree.find_all(nodes.Block):
        if block.name not in known and block.name not in nested:
            yield ThemeFault("unknown block", file, block.lineno, block.name, f"{target} shows no block of this name")


def _constant(node: Any) -> str:
    return str(node.value) if isinstance(node, nodes.Const) else ""


def _blocks(name: str, loader: LayeredLoader, environment: Environment) -> set[str]:
    """The blocks of a template and of all that it extends."""
    found: set[str] = set()
    while name:
        try:
            source, path, _fresh = loader.get_source(environment, name)
            tree = environment.parse(source, name, path)
        except (TemplateNotFound, TemplateSyntaxError):
            break
        found |= {block.name for block in tree.find_all(nodes.Block)}
        parent = next((_constant(one.template) for one in tree.find_all(nodes.Extends)), "")
        name = below(parent, name) if parent else ""
    return found


def _colour_faults(file: str, text: str) -> Iterator[ThemeFault]:
    """Colours of tokens that a contrast is asked of, and that nobody can work it out for."""
    why = "write #rrggbb or oklch(l c h), so that its contrast can be seen"
    for rule in RULES:
        for one in declared(text):
            if one.name == rule.token and one.name not in DERIVED and not one.colour:
                yield ThemeFault("unreadable colour", file, one.line, f"--{one.name}", why)
