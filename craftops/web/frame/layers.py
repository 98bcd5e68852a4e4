"""Templates in layers: the shop's own folder, the theme, its parents, plugins' pages, the core.

``~portal/order.html`` means the same template one layer below the one that says so. A template that cannot be read, or
that fails while a page is made, stands aside for the one below it, and somebody is told.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

from flask import has_app_context
from jinja2 import BaseLoader, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2 import Environment as Jinja
from jinja2.environment import TemplateModule
from jinja2.loaders import split_template_path
from jinja2.runtime import Context
from jinja2.utils import internalcode
from markupsafe import Markup

from craftops.web.frame.keeping import KeepExtension, Kept
from craftops.web.frame.language.templates import SpeakingEnvironment
from craftops.web.frame.page_globals import page_globals

FAULTS = (TemplateError, TypeError, AttributeError, LookupError, ValueError, ArithmeticError)
"""What a template does wrong; everything else (a database that is away) is no fault of its."""
ASIDE_S = 600.0
"""So long a template that failed stands aside, unless its layer is changed before."""
LOOK_EVERY_S = 1.0
LOADER = "craftops_loader"
"""Where a page keeps the loader of its theme."""
PLAIN = frozenset({FunctionType, MethodType})
TellFault = Callable[[Path, str], None]
"""Hears of a template that cannot be used, and why."""


class LayeredLoader(BaseLoader):
    """Looks templates up in layers; every leading ``~`` goes one layer that has it further down."""

    def __init__(
        self,
        folders: list[Path],
        pages: Mapping[str, Path] | None = None,
        tell: TellFault = lambda _path, _why: None,
        aside: frozenset[Path] = frozenset(),
    ) -> None:
        self.folders = folders
        self.tell = tell
        self.pages = dict(pages or {})
        """Templates of plugins' own pages, by name; they lie in no folder of these, and below all of them."""
        self.aside = aside
        """Templates that failed, and are not looked at."""
        self.pieces: Kept[Markup] = Kept()
        """What was made of them, and is kept as long as these layers stand."""

    def load(self, environment: Jinja, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        """The template; where it cannot be read as one, that of the layer below, and somebody is told."""
        try:
            return super().load(environment, name, globals)
        except TemplateSyntaxError as error:
            lower = self.having("~" + name)
            if error.filename is None or not lower or lower[0] == Path(error.filename):
                raise
            self.tell(Path(error.filename), f"line {error.lineno}: {error.message}")
            return self.load(environment, "~" + name, globals)

    def having(self, template: str) -> list[Path]:
        """The files of a template, from the layer that is meant on down."""
        name = template.lstrip("~")
        pieces = split_template_path(name)
        having = [path for folder in self.folders if (path := folder.joinpath(*pieces)).is_file()]
        if name in self.pages:
            having.append(self.pages[name])
        return [path for path in having if path not in self.aside][len(template) - len(name) :]

    def get_source(self, environment: object, template: str) -> tuple[str, str, Callable[[], bool]]:
        having = self.having(template)
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


class Wardrobe:
    """The layers of each theme, made when they are first worn, and made anew when the shop's own folder changes."""

    def __init__(
        self, own: Path, core: Path, layers: Callable[[], tuple[Path, ...]], pages: Mapping[str, Path]
    ) -> None:
        """``layers``: folders of templates of the theme that is worn at this moment, and of its parents."""
        self.own, self.core, self.layers, self.pages = own, core, layers, pages
        self.tell: TellFault = lambda _path, _why: None
        self.faults: dict[Path, str] = {}
        """What stands aside here, or cannot be read, and why."""
        self._aside: dict[Path, float] = {}
        self._made: dict[tuple[Path, ...], LayeredLoader] = {}
        self._generation = 0
        """Grows whenever loaders are made anew."""
        self._stamp = self._look()
        self._look_at = 0.0
        self._lock = threading.Lock()

    def loader(self) -> LayeredLoader:
        """That of the theme which is worn at this moment; looked for once a page, which has some thirty templates."""
        page = page_globals() if has_app_context() else {}
        kept: tuple[int, LayeredLoader] | None = page.get(LOADER)
        if kept is not None and kept[0] == self._generation:
            return kept[1]
        layers = self.layers()
        if time.monotonic() >= self._look_at:
            self._renew()
        generation, found = self._generation, self._made.get(layers)
        if found is None:
            folders = [self.own, *layers, self.core]
            found = LayeredLoader(folders, self.pages, self._told, frozenset(self._aside))
            found = self._made.setdefault(layers, found)
        page[LOADER] = (generation, found)
        return found

    def _anew(self) -> None:
        self._made.clear()
        self._generation += 1  # after it: whoever meanwhile keeps an old one looks again

    def stand_aside(self, path: Path, why: str) -> bool:
        """A template failed: leave it out from now on. Whether that changes anything."""
        with self._lock:
            if path in self._aside:
                return False
            self._aside[path] = time.monotonic() + ASIDE_S
            self._anew()
        self._told(path, why)
        return True

    def _told(self, path: Path, why: str) -> None:
        self.faults[path] = why
        self.tell(path, why)

    def _look(self) -> tuple[tuple[str, int], ...]:
        if not self.own.is_dir():
            return ()
        return tuple(sorted((str(one), one.stat().st_mtime_ns) for one in self.own.rglob("*") if one.is_file()))

    def _renew(self) -> None:
        with self._lock:
            now = time.monotonic()
            self._look_at = now + LOOK_EVERY_S
            stamp = self._look()
            over = [path for path, until in self._aside.items() if until <= now]
            if stamp == self._stamp and not over:
                return
            gone = over if stamp == self._stamp else list({*self._aside, *self.faults})
            for path in gone:
                self._aside.pop(path, None)
                self.faults.pop(path, None)
            self._stamp = stamp
            self._anew()


class LayeredTemplate(Template):
    """A template whose fault is not the fault of the page."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        """What is imported of it. Jinja compares all globals of the page with its own for each import; those of one
        environment are the same."""
        if ctx is not None and self.environment.globals.keys() >= ctx.globals_keys:
            ctx = None
        return super()._get_default_module(ctx)

    def render(self, *args: Any, **kwargs: Any) -> str:
        """The page; where a template above the core fails, the page without it."""
        environment = self.environment
        try:
            return super().render(*args, **kwargs)
        except FAULTS as error:
            if self.name is None or not isinstance(environment, LayeredEnvironment):
                raise
            if not environment.leave_out_culprit(error):
                raise
        return environment.get_template(self.name).render(*args, **kwargs)


class QuickContext(Context):
    """Jinja's context, which asks a plain function no more than once whether it wants to be called in a way of its
    own. A page calls some fifty."""

    @internalcode
    def call(__self, __obj: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as Jinja has it
        if type(__obj) not in PLAIN or hasattr(__obj, "jinja_pass_arg"):
            return super().call(__obj, *args, **kwargs)
        if kwargs:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
        try:
            return __obj(*args, **kwargs)
        except StopIteration:
            return __self.environment.undefined("a function said StopIteration")


class LayeredEnvironment(SpeakingEnvironment):
    """Jinja that looks in the layers of the theme which is worn at this moment, and speaks the reader's language."""

    template_class = LayeredTemplate
    context_class = QuickContext
    wardrobe: Wardrobe | None = None
    _plain: BaseLoader | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.add_extension(KeepExtension)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """In one dict. Jinja looks through two of them, which every include of a page pays for; what it gains by that,
        globals that come after a template was read, nobody has here."""
        return {**self.globals, **(d or {})}

    @property
    def loader(self) -> BaseLoader | None:
        return self.wardrobe.loader() if self.wardrobe is not None else self._plain

    @loader.setter
    def loader(self, loader: BaseLoader | None) -> None:
        self._plain = loader

    def join_path(self, template: str, parent: str) -> str:
        return below(template, parent)

    def leave_out_culprit(self, error: BaseException) -> bool:
        """Have the template above the core in which it went wrong stand aside. Whether there is one."""
        wardrobe = self.wardrobe
        if wardrobe is None:
            return False
        layers = (wardrobe.own, *wardrobe.layers())
        found, line, trace = None, 0, error.__traceback__
        while trace is not None:
            path = Path(trace.tb_frame.f_code.co_filename)
            if any(path.is_relative_to(layer) for layer in layers):
                found, line = path, trace.tb_lineno
            trace = trace.tb_next
        return found is not None and wardrobe.stand_aside(found, f"line {line}: {error}")
