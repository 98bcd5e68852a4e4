"""A look as a package: a theme that any CraftOps installs from ``shop.toml``."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from string import Template

from craftops import __version__

NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
PLUGIN = '''"""$title: a look that was put together in the theme studio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.settings import NoSettings
from craftops.sdk.theme import Theme

WORDS: Mapping[str, str] = $words


class StudioTheme(Plugin[NoSettings]):
    """Brings the theme ``$name``."""

    name = "theme_$name"
    title = $title_text
    summary = "A look that was put together in the theme studio."

    @hookimpl
    def register_themes(self) -> Iterable[Theme]:
        return [Theme("$name", self.title, Path(__file__).parent, parent="$parent", accent="$accent", words=WORDS)]


PLUGIN = StudioTheme
'''
PROJECT = """[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "craftops-theme-$dashed"
version = "1.0"
description = "CraftOps: a look of the portal"
dependencies = ["craftops>=$version"]

[project.entry-points."craftops.plugins"]
theme_$name = "theme_$name"

[tool.setuptools]
packages = ["theme_$name"]

[tool.setuptools.package-data]
theme_$name = ["**/*.css", "**/*.html", "**/*.png", "**/*.svg"]

[tool.pytest.ini_options]
pythonpath = ["."]
"""
TEST = '''"""Every page of the portal in this look."""

from theme_$name import PLUGIN

from craftops.testing import ThemeContract


class TestTheme(ThemeContract):
    def plugin(self):
        return PLUGIN
'''
README = """# A look for CraftOps

A theme over `$parent`. Unpack it beside `shop.toml`, and write there:

```toml
[plugins]
install = ["./theme_$name"]
enabled = ["theme_$name"]

[theme]
name = "$name"
```

Then `craftops plugins sync`. Colours and shape stand in `theme_$name/tokens.css`, pages go into
`theme_$name/templates`; `craftops theme check theme_$name` says what is wrong with them. Its accent ($accent) counts
where a shop has set no colour of its own; the logo of the shop where it was made is not in it.
"""


def package(name: str, title: str, parent: str, accent: str, sheet: str, words: Mapping[str, str]) -> bytes:
    """A ZIP with the folder ``theme_<name>``: an installable plugin with its test. ``sheet``: its ``tokens.css``."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a theme")
    values = {
        "name": name,
        "dashed": name.replace("_", "-"),
        "title": title.replace("\\", "").replace('"', ""),
        "parent": parent,
        "accent": accent,
        "title_text": repr(title),
        "words": repr(dict(words)),
        "version": ".".join(__version__.split(".")[:2]),
    }
    root = f"theme_{name}"
    files = {
        f"{root}/pyproject.toml": PROJECT,
        f"{root}/README.md": README,
        f"{root}/tests/test_theme_{name}.py": TEST,
        f"{root}/{root}/__init__.py": PLUGIN,
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, Template(text).substitute(values))
        archive.writestr(f"{root}/{root}/tokens.css", sheet)
    return made.getvalue()


def name_of(text: str) -> str:
    """A name of a theme out of what somebody calls it; "our_look" where nothing is left."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:30]
    return name if NAME.fullmatch(name) else "our_look"
