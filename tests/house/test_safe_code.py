"""What no line of the program may do: laws over its syntax, for what reading alone would have to find."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("craftops", "plugins", "machines", "themes")
EXECUTES = frozenset({"eval", "exec", "execfile", "__import__"})
SHELLS = frozenset(
    {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "commands.getoutput"}
)
STARTS = frozenset({"run", "Popen", "call", "check_call", "check_output"})
UNSAFE_FORMATS = frozenset({"pickle", "cPickle", "dill", "marshal", "shelve", "yaml", "jsonpickle", "joblib"})
CHANCE = frozenset(
    {
        # made up on purpose: simulated machines and shops, waits that must not beat in time
        "craftops/evaluation/made_up_shop.py", "craftops/bridges/link_supervisor.py", "machines/simulated/physics.py",
    }
)  # fmt: skip
OLD_HASHES = {
    # tus offers it to clients for a piece that they have sent; nothing rests on it
    "craftops/services/files/uploading.py",
}
CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*(\[\w+\])?")
KEYED = frozenset(
    {"hmac", "cryptography", "argon2", "pyrage", "joserfc", "pyotp", "webauthn", "ssl", "itsdangerous", "mnemonic"}
)
CIPHERS = frozenset({"Crypto", "Cryptodome", "nacl", "rsa", "M2Crypto", "tlslite", "oscrypto"})


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    """Every file of the program, and its syntax; what comes along for tests is not part of it."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith("craftops/testing/"):
                found.append((name, ast.parse(path.read_text())))
    return tuple(found)


@cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    """All that is written anywhere, each with its file."""
    return tuple((name, node) for name, tree in trees() for node in ast.walk(tree))


@cache
def calls() -> tuple[tuple[str, ast.Call, str], ...]:
    """Every call: the file, the call, and what is called as it is written ("os.system")."""
    return tuple((name, node, ast.unparse(node.func)) for name, node in nodes() if isinstance(node, ast.Call))


def imported() -> Iterator[tuple[str, str]]:
    """Every module that is imported, and where."""
    for name, node in nodes():
        if isinstance(node, ast.Import):
            yield from ((name, one.name.split(".")[0]) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield name, node.module.split(".")[0]


def test_there_is_something_to_look_at() -> None:
    assert len(trees()) > 700
    assert sum(1 for _ in calls()) > 20_000


def test_no_text_is_run_as_a_program() -> None:
    assert not [(name, what) for name, _call, what in calls() if what in EXECUTES]


def test_no_program_is_started_through_a_shell() -> None:
    """Programs get lists of arguments: what a stranger wrote is one argument, whatever is in it."""
    assert not [(name, what) for name, _call, what in calls() if what in SHELLS]
    for name, call, what in calls():
        if what.rsplit(".", 1)[-1] not in STARTS or not what.startswith(("subprocess.", "asyncio.create_subprocess")):
            continue
        shell = next((one.value for one in call.keywords if one.arg == "shell"), None)
        assert shell is None or (isinstance(shell, ast.Constant) and shell.value is False), name
        first = call.args[0] if call.args else None
        assert not isinstance(first, ast.Constant | ast.JoinedStr), f"{name}:{call.lineno} starts a text, not a list"


def test_nothing_is_unpacked_that_could_be_a_program() -> None:
    assert not [one for one in imported() if one[1] in UNSAFE_FORMATS]


def test_what_must_not_be_guessed_is_never_made_by_chance() -> None:
    """``random`` can be foretold: it stands in the rooms that make things up, and nowhere else."""
    assert {name for name, module in imported() if module == "random"} <= CHANCE


def test_no_hash_is_one_that_was_broken() -> None:
    for name, call, what in calls():
        algorithm = call.args[0] if call.args else None
        said = algorithm.value if isinstance(algorithm, ast.Constant) else ""
        old = what in ("hashlib.md5", "hashlib.sha1") or (what == "hashlib.new" and said in ("md5", "sha1"))
        assert not old or name in OLD_HASHES, f"{name}:{call.lineno}"


def test_ciphers_are_those_of_kept_libraries() -> None:
    assert not [one for one in imported() if one[1] in CIPHERS]


def test_every_use_of_a_key_is_in_the_inventory() -> None:
    """ASVS 11.1.2: docs/operators/security.md names each file that signs, seals, hashes a password or speaks TLS."""
    page = (ROOT / "docs" / "operators" / "security.md").read_text()
    told = re.findall(r"`([\w/]+\.py)`", page.split("Where in the code:")[1].split("\n\n")[0])
    assert sorted(told) == sorted({name for name, module in imported() if module in KEYED})


def test_no_cipher_is_put_together_here() -> None:
    """ASVS 11.3.1: modes and paddings are chosen by the libraries that we keep to."""
    for name, tree in trees():
        said = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        said |= {one.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for one in node.names}
        assert not said & {"ECB", "CBC", "PKCS1v15", "PKCS7", "Cipher", "modes", "padding"}, name


def test_no_answer_is_checked_without_a_certificate() -> None:
    for name, call, _what in calls():
        for one in call.keywords:
            off = one.arg in ("verify", "check_hostname") and isinstance(one.value, ast.Constant)
            assert not (off and one.value.value is False), f"{name}:{call.lineno}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", ["render_template_string", "from_string", "Template"])
def test_no_template_comes_from_outside(what: str) -> None:
    """Templates are files of the core, of themes and plugins."""
    for name, _call, called in calls():
        if called.rsplit(".", 1)[-1] == what:
            assert name in {"craftops/cli/scaffold.py", "craftops/web/shop/theme_package.py"}, name  # of ``string``


def test_text_is_filled_in_where_the_program_wrote_it() -> None:
    """What ``format`` is asked of is written in the program: with a text from outside it would read attributes."""
    for name, call, _what in calls():
        func = call.func
        if not (isinstance(func, ast.Attribute) and func.attr == "format"):
            continue
        of = func.value
        if isinstance(of, ast.Constant) or ast.unparse(of).startswith("Markup("):
            continue
        written = ast.unparse(of)
        assert CONSTANT.fullmatch(written) or name in FORMATS, f"{name}:{call.lineno} {written}"


FORMATS = frozenset(
    {
        "craftops/services/schedule/feeds.py", "craftops/web/frame/addresses.py",
        "craftops/web/frame/language/messages.py", "craftops/web/schedule/present.py", "craftops/web/messages/text.py",
        "craftops/processes/lifeline.py", "craftops/papers/words.py", "craftops/web/frame/template_globals.py",
    }
)  # fmt: skip
"""Where the text is a constant of the file under another name, read by eyes."""
