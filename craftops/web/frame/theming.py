"""Themes: which one the shop wears, where its files lie, and the style sheet of its look.

A template or a static file is looked for in the shop's own folder (``<data>/theme``), the theme, its parents, the core.
"""

from __future__ import annotations

import hashlib
import inspect
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    has_app_context,
    request,
    send_from_directory,
    url_for,
)

from craftops.domain.shop.look import ShopLook
from craftops.errors import ConfigError
from craftops.sdk.theme import Theme
from craftops.services.shop.context import Shop
from craftops.web.frame import theme_sheet
from craftops.web.frame.language.catalogues import beside
from craftops.web.frame.layers import LOADER, LayeredEnvironment, Wardrobe
from craftops.web.frame.page_globals import page_globals
from craftops.web.frame.request_context import current_shop, sight

blueprint = Blueprint("theming", __name__)
log = logging.getLogger("craftops.web")
CORE = Path(__file__).parents[2]
OWN = "own"
"""How the shop's own folder is called where themes are."""


def look_now(shop: Shop) -> ShopLook:
    """The look of this page: the one that is tried on, else the one that the shop keeps."""
    tried: ShopLook | None = page_globals().get("look") if has_app_context() else None
    return shop.look if tried is None else tried


def try_on(look: ShopLook, scheme: str = "") -> None:
    """Show this page, and no other, in a look that nobody has kept. ``scheme``: "light", "dark", or the reader's."""
    g.look, g.scheme = look, scheme
    g.pop("chain", None)
    g.pop(LOADER, None)


def worn(shop: Shop) -> str:
    """The theme's name. One that the look names and that is not enabled any more gives way to that of ``shop.toml``."""
    wanted = look_now(shop).theme
    return wanted if wanted in shop.plugins.themes else shop.config.document.theme.name


def chain(shop: Shop) -> list[Theme]:
    """The theme that the page wears, and its parents. Raises ConfigError when there is no such theme; a shop that was
    opened with ``--safe`` goes without."""
    if not has_app_context():
        return chain_of(shop, worn(shop))
    known = page_globals()
    found: list[Theme] | None = known.get("chain")
    if found is None:
        found = known["chain"] = chain_of(shop, worn(shop))
    return found


def chain_of(shop: Shop, name: str) -> list[Theme]:
    """A theme and its parents."""
    found: list[Theme] = []
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


def _word_folders(shop: Shop) -> list[Path]:
    """Folders of themes and plugins that bring words of their own, ``locale/<language>/*.po``."""
    plugins = [inspect.getfile(type(one)) for one in shop.plugins.plugins().values()]
    folders = [*(one.folder for one in shop.plugins.themes.values()), *(Path(file).parent for file in plugins)]
    return [one for one in folders if (one / "locale").is_dir()]


def install(app: Flask, shop: Shop) -> None:
    """Have the app's templates looked for in the shop's layers, and their words where plugins and themes have them."""
    beside(_word_folders(shop))
    chain_of(shop, shop.config.document.theme.name)
    pages = {f"plugins/{plugin}/{name}.html": page.template for (plugin, name), page in shop.plugins.pages.items()}
    wardrobe = Wardrobe(
        shop.config.data / "theme" / "templates",
        CORE / "templates",
        lambda: tuple(theme.folder / "templates" for theme in chain(shop)),
        pages,
    )

    def tell(path: Path, why: str) -> None:
        owner = next((one.name for one in shop.plugins.themes.values() if path.is_relative_to(one.folder)), "")
        log.error("the template %s cannot be read (%s); the one below it is shown", path, why)
        if owner in shop.plugins.theme_plugins:
            shop.plugins.failed(shop.plugins.theme_plugins[owner], f"template {path.name}", why)

    wardrobe.tell = tell
    cast(LayeredEnvironment, app.jinja_env).wardrobe = wardrobe


def faults(shop: Shop) -> dict[str, str]:
    """Templates that this process could not use, by their path in the shop's folder or in the theme, and why."""
    wardrobe = cast(LayeredEnvironment, current_app.jinja_env).wardrobe
    if wardrobe is None:
        return {}
    roots = (shop.config.data, *(theme.folder for theme in shop.plugins.themes.values()))

    def named(path: Path) -> str:
        return next((str(path.relative_to(root)) for root in roots if path.is_relative_to(root)), path.name)

    return {named(path): why for path, why in wardrobe.faults.items()}


def _layers(shop: Shop) -> tuple[tuple[theme_sheet.Stamped, ...], tuple[theme_sheet.Stamped, ...]]:
    themes = theme_sheet.stamped([theme.folder / "tokens.css" for theme in reversed(chain(shop))])
    return themes, theme_sheet.stamped([shop.config.data / "theme" / "tokens.css"])


def colours(shop: Shop, brand: str, *, dark: bool = False) -> Mapping[str, str]:
    """Every colour of the page's look as ``#rrggbb``, for what knows no style sheet: mails, pictures."""
    themes, own = _layers(shop)
    return theme_sheet.tokens((*themes, *own), theme_sheet.paint_of(look_now(shop), brand), dark=dark)


def whole_sheet(shop: Shop, brand: str, scheme: str = "") -> str:
    """Tokens of the theme and its parents, then what the look derives, then what the shop's own folder adds."""
    themes, own = _layers(shop)
    return theme_sheet.sheet(themes, own, theme_sheet.paint_of(look_now(shop), brand), scheme)


def studio_sheet(shop: Shop, brand: str) -> str:
    """The ``tokens.css`` of a theme that is made of the page's look."""
    themes, own = _layers(shop)
    return theme_sheet.exported((*themes, *own), theme_sheet.paint_of(look_now(shop), brand))


def sheet_address() -> str:
    """Where the page's style sheet is: for a look that is tried on, at its preview."""
    return cast(str, g.get("sheet_address") or url_for("theming.sheet"))


@blueprint.get("/theme.css")
def sheet() -> Response:
    """The style sheet of the look that the shop wears."""
    response = Response(whole_sheet(current_shop(), sight().profile.brand), mimetype="text/css")
    response.add_etag()
    response.cache_control.no_cache = True
    response.cache_control.public = True
    response.make_conditional(request)
    return response


@blueprint.get("/theme/<name>/<path:file>")
def theme_file(name: str, file: str) -> Response:
    """A static file of the shop's own folder (``own``), or of a theme that is enabled."""
    shop = current_shop()
    if name == OWN:
        return send_from_directory(shop.config.data / "theme" / "static", file, max_age=60)
    theme = shop.plugins.themes.get(name)
    if theme is None:
        abort(404)
    return send_from_directory(theme.folder / "static", file, max_age=3600)


def theme_asset(file: str) -> str:
    """The address of a static file, in the uppermost layer that has it; empty where none has. ``file`` is a path below
    ``static``."""
    shop = current_shop()
    layers = [(OWN, shop.config.data / "theme"), *((one.name, one.folder) for one in chain(shop))]
    name = next((name for name, folder in layers if (folder / "static" / file).is_file()), "")
    return url_for("theming.theme_file", name=name, file=file) if name else ""


LOOK_EVERY_S = 1.0
_marks: dict[str, tuple[float, int, str]] = {}
"""By path: until when nobody looks at the file again, when it was written, and its mark."""


def static_mark(file: str) -> str:
    """A short mark of a static file's content, for its address: a changed file is a new address, a second later."""
    path, now = f"{current_app.static_folder}/{file}", time.monotonic()
    known = _marks.get(path)
    if known is not None and now < known[0]:
        return known[2]
    try:
        written = os.stat(path).st_mtime_ns
    except OSError:
        return "0"
    if known is not None and known[1] == written:
        mark = known[2]
    else:
        mark = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]
    _marks[path] = (now + LOOK_EVERY_S, written, mark)
    return mark
