"""Finds every message of the program and keeps the catalogues: ``python -m craftops.web.frame.language.extraction``.

Run it after a text has changed: it writes ``craftops/locale/<language>/*.po`` anew, keeps what is translated, adds what
is new with an empty translation, and drops what nobody says any more. It needs the source tree.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

from craftops.config_tables import FINISHES, MATERIALS
from craftops.web.frame.keeping import KeepExtension
from craftops.web.frame.language.catalogues import FOLDER, LANGUAGES, SOURCE
from craftops.web.frame.language.script_words import SAID, SCRIPTS
from craftops.web.frame.language.templates import Speaking

ROOT = Path(__file__).parents[4]
GETTEXT = frozenset({"_", "__", "gettext", "lazy_gettext"})
NGETTEXT = frozenset({"ngettext", "lazy_ngettext"})
BELOW = (
    "errors.py",
    "domain",
    "services",
    "sdk",
    "tasks",
    "bridges",
    "store/queries",
    "plugin_host/quality.py",
    "plugin_host/host.py",
)
"""Rooms whose sentences reach pages and mails without gettext."""
FOR_PROGRAMS = re.compile(
    r"datev|cii|canned_texts|tracking_links|statement_xml|plain_text_books|epc_code|exporting|backup_check|migrat"
    r"|home_assistant|bridges/broker/|sealed|doorbell|slicer_time|simulated/physics|mt940_files|bank_csv|mqtt_contract"
)
"""Files whose texts are no pages': formats of others, what operators read, texts in more than one language already."""
OF_OPERATORS = frozenset(
    {
        "ConfigError", "ValueError", "TypeError", "KeyError", "RuntimeError", "PluginError", "AssertionError",
        "LookupError", "OSError", "compile", "match",
    }
)  # fmt: skip
NAMED = frozenset({"title", "label", "summary"})
LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "execute"})
SENTENCE = re.compile(r"^(?:[A-Z“]|%\()(?s:.*)$")
DATES = re.compile(r'"(POT-Creation|PO-Revision|Last-Translator|Report-Msgid|Project-Id|Generated-By|Language-Team)')
SQL = re.compile(r"\b(SELECT|UPDATE|WHERE|COALESCE|EXISTS|SUM\(|NOT IN|CASE WHEN|JOIN \w+ \w+ ON|AND \w\.\w)")
WORDS = re.compile(r"[a-z]{2,}[’']?s? |[a-z]{2}[.?…:]$|[A-Z]?[a-z]+ [A-Za-z]")


@dataclass(frozen=True)
class ExtractedMessage:
    """A message and where it stands. ``many`` is its form for many, where it has one."""

    message: str
    where: str
    many: str = ""


def file_of(where: str) -> str:
    """The catalogue file that a message first found at ``where`` belongs to."""
    parts = where.split("/")
    if parts[0] != "craftops":
        return "drivers" if parts[0] == "machines" else parts[0]
    if parts[1] == "templates":
        return parts[2] if len(parts) > 3 else "pages"
    if parts[1] == "web":
        return parts[2] if len(parts) > 3 else "pages"
    return "scripts" if parts[1] == "static" else "sentences"


def collect() -> dict[str, ExtractedMessage]:
    """Every message, by itself, as it was first found."""
    found: dict[str, ExtractedMessage] = {}
    for one in (*_templates(), *_scripts(), *_python(), *_below(), *_catalogue()):
        known = found.setdefault(one.message, one)
        if one.many and not known.many:
            found[one.message] = one
    return found


def _templates() -> Iterator[ExtractedMessage]:
    environment = Environment(
        autoescape=True, extensions=["jinja2.ext.i18n", KeepExtension], trim_blocks=True, lstrip_blocks=True
    )
    folders = (ROOT / "craftops" / "templates", ROOT / "themes", ROOT / "plugins")
    for path in sorted(one for folder in folders for one in folder.rglob("*") if one.suffix in (".html", ".txt")):
        if path.suffix == ".txt" and "mail" not in path.parts:
            continue
        where = path.relative_to(ROOT).as_posix()
        heard: list[str] = []

        def say(message: str, heard: list[str] = heard) -> str:
            heard.append(message)
            return message

        tree = environment.parse(path.read_text(encoding="utf-8"))
        Speaking(say, plain=path.suffix == ".txt").template(tree)
        yield from (ExtractedMessage(message, where) for message in heard)
        yield from _numbers(path.read_text(encoding="utf-8"), where)


def _numbers(source: str, where: str) -> Iterator[ExtractedMessage]:
    """What a template says with ``ngettext`` or with values."""
    for one, many in re.findall(r'ngettext\("([^"]+)", "([^"]+)"', source):
        yield ExtractedMessage(one, where, many)
    for message in re.findall(r'(?<![\w.])_\("([^"]*%\([^"]*)"', source):
        yield ExtractedMessage(message, where)


def _scripts() -> Iterator[ExtractedMessage]:
    for path in sorted(SCRIPTS.glob("*.js")):
        for message in SAID.findall(path.read_text(encoding="utf-8")):
            yield ExtractedMessage(message, path.relative_to(ROOT).as_posix())


def _python() -> Iterator[ExtractedMessage]:
    """What the web says through gettext."""
    for path in sorted((ROOT / "craftops" / "web").rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            said = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if name in GETTEXT and said:
                yield ExtractedMessage(said[0], where)
            elif name in NGETTEXT and len(said) == 2:
                yield ExtractedMessage(said[0], where, said[1])


def _below() -> Iterator[ExtractedMessage]:
    """The sentences of the rooms below the web, and of what is bundled."""
    places = [ROOT / "craftops" / room for room in BELOW] + [ROOT / room for room in ("plugins", "machines", "themes")]
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            where = path.relative_to(ROOT).as_posix()
            if not FOR_PROGRAMS.search(where):
                tree = ast.parse(path.read_text(encoding="utf-8"))
                yield from (ExtractedMessage(text, where) for text in names(tree))
                yield from (ExtractedMessage(text, where) for text in sentences(tree) if is_sentence(text))


def is_sentence(text: str) -> bool:
    """Whether people may read this: it begins like a sentence and has words."""
    plain = re.sub(r"%\(\w+\)s", "", text)
    return bool(
        SENTENCE.match(text) and WORDS.search(plain) and not SQL.search(text) and "\n" not in text
        and len(re.sub(r"[\W\d_]", "", plain)) >= 5 and not text.startswith(("/", "http"))
    )  # fmt: skip


def _catalogue() -> Iterator[ExtractedMessage]:
    """The materials that a shop begins with, as customers read them."""
    where = "craftops/config_tables.py"
    for material in MATERIALS:
        for text in (material.label, material.note, *material.colours):
            yield ExtractedMessage(text, where)
    for finish in FINISHES:
        yield ExtractedMessage(finish.label, where)


def names(tree: ast.Module) -> Iterator[str]:
    """What plugins call themselves, their drivers and their fields: titles of one word are words, too."""
    for node in ast.walk(tree):
        name, value = "", None
        if isinstance(node, ast.keyword):
            name, value = node.arg or "", node.value
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            name, value = getattr(target, "id", ""), node.value
        if name in NAMED and isinstance(value, ast.Constant):
            text = value.value
            if isinstance(text, str) and text[:1].isupper() and "\n" not in text:
                yield text


def _unsaid(node: ast.AST) -> Iterable[ast.AST]:
    """What of a node no reader reads: docstrings, the log, errors for operators, pieces of a text with values."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return [value for value in node.values if isinstance(value, ast.Constant)]
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in OF_OPERATORS or (name in LOGS and isinstance(node.func, ast.Attribute)):
            return ast.walk(node)
    return ()


def sentences(tree: ast.Module) -> Iterator[str]:
    """Every text of a module but its docstrings, its log and what is for operators; values as ``%(name)s``."""
    out = {inner for node in ast.walk(tree) for inner in _unsaid(node)}
    for node in ast.walk(tree):
        if node in out:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield shape_of(node)


def shape_of(node: ast.JoinedStr) -> str:
    """An f-string as a message."""
    names: list[str] = []
    text = ""
    for value in node.values:
        if isinstance(value, ast.Constant):
            text += str(value.value)
        elif isinstance(value, ast.FormattedValue):
            name = _name(value.value)
            fresh, number = name, 1
            while fresh in names:
                number += 1
                fresh = f"{name}{number}"
            names.append(fresh)
            text += f"%({fresh})s"
    return text


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id.strip("_").lower() or "value"
    if isinstance(node, ast.Attribute):
        return node.attr.strip("_")
    if isinstance(node, ast.Call) and not isinstance(node.func, ast.Call):
        return "count" if getattr(node.func, "id", "") == "len" else _name(node.args[0] if node.args else node.func)
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    return "value"


def keep(language: str, found: dict[str, ExtractedMessage]) -> dict[str, int]:
    """Write the files of one language; how many messages each has that nobody has translated."""
    folder = FOLDER / language
    known: dict[str, str | tuple[str, ...] | list[str]] = {}
    for path in folder.glob("*.po"):
        with path.open("rb") as source:
            known |= {_key(one.id): one.string or "" for one in read_po(source) if one.id}
    files: dict[str, list[ExtractedMessage]] = {}
    for one in found.values():
        files.setdefault(file_of(one.where), []).append(one)
    for path in folder.glob("*.po"):
        if path.stem not in files:
            path.unlink()
    missing = {}
    for name, members in files.items():
        catalog = Catalog(locale=language, charset="utf-8", fuzzy=False)
        catalog.header_comment = "# Messages of CraftOps. Written by craftops.web.frame.language.extraction."
        missing[name] = 0
        for one in members:
            said = known.get(one.message, "")
            forms = (said, said) if isinstance(said, str) else tuple(said)
            missing[name] += not all(forms)
            entry = catalog.add((one.message, one.many) if one.many else one.message, forms if one.many else forms[0])
            entry.locations = [(one.where, 0)]
        _write(catalog, folder / f"{name}.po")
    return missing


def _write(catalog: Catalog, path: Path) -> None:
    """The file, without the dates of its header: it changes with its messages alone."""
    with path.open("wb") as target:
        write_po(target, catalog, width=0, include_lineno=False)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(one for one in lines if not DATES.match(one)).rstrip() + "\n", encoding="utf-8")


def _key(message: object) -> str:
    return str(message[0]) if isinstance(message, tuple) else str(message)


def main() -> int:
    """Write all catalogues, and say what is missing."""
    found = collect()
    for language in LANGUAGES:
        if language != SOURCE:
            missing = {name: count for name, count in keep(language, found).items() if count}
            print(f"{language}: {len(found)} messages; missing: {missing or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
