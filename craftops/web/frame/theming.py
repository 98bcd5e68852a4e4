"""Themes: where templates are looked up, and what colours the pages get.

A template is looked for in the shop's own folder (``<data>/theme/templates``), the theme, its parent, the core.
``~portal/order.html`` means the same template one layer below the one that says so.
"""

from __future__ import annotations

import colorsys
import hashlib
import logging
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, request, send_from_directory
from flask.templating import Environment
from jinja2 import BaseLoader, Template, TemplateNotFound, TemplateSyntaxError
from jinja2 import Environment as Jinja
from jinja2.loaders import split_template_path

from craftops.errors import ConfigError
from craftops.sdk.theme import Theme
from craftops.services.shop.context import Shop
from craftops.web.frame.request_context import current_shop, sight

blueprint = Blueprint("theming", __name__)
log = logging.getLogger("craftops.web")
CORE = Path(__file__).parents[2]
INK = "#14161a"


def chain(shop: Shop) -> list[Theme]:
    """The theme that the shop wears, and its parents. Raises ConfigError when there is no such theme; a shop that was
    opened with ``--safe`` goes without."""
    found: list[Theme] = []
    name = shop.config.document.theme.name
    while name:
        theme = shop.plugins.themes.get(name)
        if theme is None or theme in found:
            if shop.config.safe:
                break
            known = ", ".join(sorted(shop.plugins.themes)) or "none"
            raise ConfigError(
                "The theme cannot be used:", [f"theme.name: no enabled theme {name!r}; there is: {known}"]
            )
        found.append(theme)
        name = theme.parent
    return found


TellFault = Callable[[Path, str], None]
"""Hears of a template that cannot be read, and why."""


class LayeredLoader(BaseLoader):
    """Looks templates up in layers; every leading ``~`` goes one layer that has it further down."""

    def __init__(
        self, folders: list[Path], pages: Mapping[str, Path] | None = None, tell: TellFault = lambda _path, _why: None
    ) -> None:
        self.folders = folders
        self.tell = tell
        self.pages = dict(pages or {})
        """Templates of plugins' own pages, by name; they lie in no folder of these, and below all of them."""

    def load(self, environment: Jinja, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        """The template; where it cannot be read as one, that of the layer below, and somebody is told."""
        try:
            return super().load(environment, name, globals)
        except TemplateSyntaxError as error:
            lower = self._having("~" + name)
            if error.filename is None or not lower or lower[0] == Path(error.filename):
                raise
            self.tell(Path(error.filename), f"line {error.lineno}: {error.message}")
            return self.load(environment, "~" + name, globals)

    def _having(self, template: str) -> list[Path]:
        """The files of a template, from the layer that is meant on down."""
        name = template.lstrip("~")
        pieces = split_template_path(name)
        having = [path for folder in self.folders if (path := folder.joinpath(*pieces)).is_file()]
        if name in self.pages:
            having.append(self.pages[name])
        return having[len(template) - len(name) :]

    def get_source(self, environment: object, template: str) -> tuple[str, str, Callable[[], bool]]:
        having = self._having(template)
        if not having:
            raise TemplateNotFound(template)
        path = having[0]
        changed = path.stat().st_mtime_ns
        return path.read_text(encoding="utf-8"), str(path), lambda: path.stat().st_mtime_ns == changed


def below(template: str, parent: str) -> str:
    """What a name inside of ``parent`` means: ``~name`` goes one layer below the layer of ``parent``."""
    if not template.startswith("~"):
        return template
    name = template.lstrip("~")
    depth = len(parent) - len(parent.lstrip("~")) if parent.lstrip("~") == name else 0
    return "~" * (depth + 1) + name


class LayeredEnvironment(Environment):
    """Jinja with ``below``."""

    def join_path(self, template: str, parent: str) -> str:
        return below(template, parent)


def make_loader(shop: Shop) -> LayeredLoader:
    """The shop's layers, uppermost first."""
    themes = [theme.folder / "templates" for theme in chain(shop)]
    pages = {f"plugins/{plugin}/{name}.html": page.template for (plugin, name), page in shop.plugins.pages.items()}

    def tell(path: Path, why: str) -> None:
        owner = next((one.name for one in chain(shop) if path.is_relative_to(one.folder)), "")
        log.error("the template %s cannot be read (%s); the one below it is shown", path, why)
        if owner in shop.plugins.theme_plugins:
            shop.plugins.failed(shop.plugins.theme_plugins[owner], f"template {path.name}", why)

    return LayeredLoader([shop.config.data / "theme" / "templates", *themes, CORE / "templates"], pages, tell)


def _luminance(red: float, green: float, blue: float) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours (WCAG 2.2), 1 to 21."""
    a, b = (_luminance(*_rgb(colour)) for colour in (one, other))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def _rgb(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def readable(brand: str, ground: str, wanted: float = 4.5) -> str:
    """``brand``, made darker or lighter until text in it is readable on ``ground``."""
    hue, light, saturation = colorsys.rgb_to_hls(*_rgb(brand))
    step = -0.02 if _luminance(*_rgb(ground)) > 0.4 else 0.02
    colour = brand
    while contrast(colour, ground) < wanted and 0.0 <= light <= 1.0:
        light += step
        red, green, blue = colorsys.hls_to_rgb(hue, min(1.0, max(0.0, light)), saturation)
        colour = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
    return colour


def fill_of(colour: str) -> tuple[str, str]:
    """A fill as near to ``colour`` as can be, and the text colour that is readable on it (4.5 : 1).

    White text wherever a little darkening allows it; ink on colours that are light by nature.
    """
    if contrast(colour, "#ffffff") >= 2.9:
        return readable(colour, "#ffffff", 4.55), "#ffffff"
    return readable(colour, INK, 4.55), INK


def brand_sheet(brand: str) -> str:
    """The brand as tokens: for fills with text on them, and as text on light and on dark grounds."""
    fill, on_fill = fill_of(brand)
    light = f"--brand: {fill}; --on-brand: {on_fill}; --brand-ink: {readable(brand, '#f4f2ee', 4.8)};"
    fill, on_fill = fill_of(readable(brand, "#17191d", 3.2))
    dark = f"--brand: {fill}; --on-brand: {on_fill}; --brand-ink: {readable(brand, '#23262c', 5.0)};"
    return (
        f":root {{ {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-scheme=light]) {{ {dark} }} }}\n"
        f":root[data-scheme=dark] {{ {dark} }}\n"
    )


@blueprint.get("/theme.css")
def sheet() -> Response:
    """Tokens of the theme and its parents, then the brand, then what the shop's own folder adds."""
    shop = current_shop()
    layers = [theme.folder / "tokens.css" for theme in reversed(chain(shop))]
    layers.append(shop.config.data / "theme" / "tokens.css")
    parts = [path.read_text(encoding="utf-8") for path in layers[:-1] if path.is_file()]
    parts.append(brand_sheet(sight().profile.brand))
    if layers[-1].is_file():
        parts.append(layers[-1].read_text(encoding="utf-8"))
    response = Response("\n".join(parts), mimetype="text/css")
    response.add_etag()
    response.cache_control.no_cache = True
    response.cache_control.public = True
    response.make_conditional(request)
    return response


@blueprint.get("/theme/<name>/<path:file>")
def theme_file(name: str, file: str) -> Response:
    """A static file of a theme that the shop wears."""
    theme = next((one for one in chain(current_shop()) if one.name == name), None)
    if theme is None:
        abort(404)
    return send_from_directory(theme.folder / "static", file, max_age=3600)


_marks: dict[tuple[str, int], str] = {}


def static_mark(file: str) -> str:
    """A short mark of a static file's content, for its address: a changed file is a new address."""
    path = Path(current_app.static_folder or "") / file
    try:
        key = (file, path.stat().st_mtime_ns)
    except OSError:
        return "0"
    if key not in _marks:
        _marks[key] = hashlib.sha256(path.read_bytes()).hexdigest()[:10]
    return _marks[key]
