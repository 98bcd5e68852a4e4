"""The plugins of one process: what they bring, asking them, telling them."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import pluggy

from craftops import hookspecs
from craftops.domain.events import Event
from craftops.errors import CraftOpsError, NotUnderstood
from craftops.plugin_host.calls import RAISED, TookTooLong, in_words, within
from craftops.plugin_host.checks import CONTRIBUTIONS, QUESTIONS, WrongAnswer, check_given, word_of
from craftops.plugin_host.finding import Found, installed, is_there, told
from craftops.plugin_host.in_hand import InHand
from craftops.plugin_host.ledger import HookLedger
from craftops.plugin_host.masking import Masker
from craftops.sdk.analyzer import FileAnalyzer
from craftops.sdk.announcements import Announcement
from craftops.sdk.carrier import Carrier
from craftops.sdk.channel import IntakeChannel
from craftops.sdk.commands import OwnCommand
from craftops.sdk.identity import IdentityProvider
from craftops.sdk.machine import MachineDriver
from craftops.sdk.notification import NotificationChannel
from craftops.sdk.pages import OwnPage
from craftops.sdk.payment import PaymentProvider
from craftops.sdk.plugin import Plugin
from craftops.sdk.reports import Report
from craftops.sdk.schedules import Scheduled
from craftops.sdk.tables import Migration
from craftops.sdk.theme import Theme

log = logging.getLogger("craftops.plugins")
T = TypeVar("T")
LONGEST_WHERE = 80
OUTPUT = "output"
"""Where the ledger counts secrets that a plugin was about to print."""


@dataclass(frozen=True, slots=True)
class Dormant:
    """A plugin that is installed and not enabled."""

    name: str
    title: str
    summary: str


@dataclass
class PluginHost:
    """The enabled plugins and what they bring."""

    manager: pluggy.PluginManager
    left_out: dict[str, str] = field(default_factory=dict)
    """Name -> why, of plugins that ``--safe`` left out."""
    ledger: HookLedger = field(default_factory=HookLedger)
    masker: Masker = field(default_factory=Masker)
    found: dict[str, Found] = field(default_factory=dict)
    """The packages of the enabled plugins, by name."""
    start_s: dict[str, float] = field(default_factory=dict)
    """How long each took to start."""
    brought: dict[str, list[str]] = field(default_factory=dict)
    """Name of a plugin -> what it brings, for people: "machine driver press"."""
    owners: dict[str, str] = field(default_factory=dict)
    """The same the other way round: "machine driver press" -> the plugin that brings it."""
    question_s: float = 5.0
    """How long a question may take; somebody waits for the page."""
    announcement_s: float = 20.0
    act_s: float = 60.0
    """How long something outside may take that the worker waits for."""
    machine_drivers: dict[str, MachineDriver] = field(default_factory=dict)
    file_analyzers: tuple[type[FileAnalyzer], ...] = ()
    notification_channels: tuple[NotificationChannel, ...] = ()
    intake_channels: dict[str, IntakeChannel] = field(default_factory=dict)
    intake_plugins: dict[str, str] = field(default_factory=dict)
    """Name of an intake channel -> the plugin that brought it, to count its failures against."""
    payment_providers: dict[str, PaymentProvider] = field(default_factory=dict)
    carriers: dict[str, Carrier] = field(default_factory=dict)
    identity_providers: dict[str, IdentityProvider] = field(default_factory=dict)
    identity_plugins: dict[str, str] = field(default_factory=dict)
    """Name of an identity provider -> the plugin that brought it, to count its failures against."""
    themes: dict[str, Theme] = field(default_factory=dict)
    theme_plugins: dict[str, str] = field(default_factory=dict)
    """Name of a theme -> the plugin that brought it."""
    pages: dict[tuple[str, str], OwnPage] = field(default_factory=dict)
    """Plugin and name of the page."""
    reports: dict[tuple[str, str], Report] = field(default_factory=dict)
    """Plugin and name of the report."""
    commands: dict[tuple[str, str], OwnCommand] = field(default_factory=dict)
    """Plugin and name of the command."""
    schedules: dict[tuple[str, str], Scheduled] = field(default_factory=dict)
    """Plugin and name of the work."""
    migrations: dict[str, list[Migration]] = field(default_factory=dict)
    """Name of a plugin -> what its tables are made by."""
    allowed: Callable[[], None] = field(default=lambda: None)
    """Raises where nothing may be done outside: a restored copy of a shop."""
    in_hand: InHand | None = None
    """Where it is written down what plugins from elsewhere are at, for whoever finds this process dead."""
    _hung: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.masker.tell = lambda plugin: self.ledger.note(
            plugin, OUTPUT, error="It was about to print one of its secrets, which was masked."
        )

    def become(self, fresh: PluginHost) -> None:
        """Go on with the plugins of another host, in place; what was counted stays."""
        fresh.ledger, fresh.in_hand = self.ledger, self.in_hand  # what it has handed out counts there, too
        for name, value in vars(fresh).items():
            setattr(self, name, value)
        self.__post_init__()

    @property
    def failures(self) -> Counter[str]:
        """Name -> how often it failed since the start of this process."""
        return self.ledger.failures

    @property
    def names(self) -> tuple[str, ...]:
        """The enabled plugins, in order."""
        return tuple(name for name, _ in self.manager.list_name_plugin())

    def plugins(self) -> dict[str, Plugin[Any]]:
        found = self.manager.list_name_plugin()
        return {name: plugin for name, plugin in found if isinstance(plugin, Plugin)}

    def hooks_of(self, name: str) -> tuple[str, ...]:
        """The hooks that an enabled plugin has."""
        return tuple(sorted(one.name for one in self.manager.get_hookcallers(self.manager.get_plugin(name)) or ()))

    def dormant(self, prefix: str) -> tuple[Dormant, ...]:
        """Those whose names begin so, by title; none that could not be started, for want of its module. Their source is
        read, and none of them is imported."""
        rest = [one for name, one in installed().items() if name.startswith(prefix) and name not in self.names]
        found = ((one.name, told(one)) for one in rest if is_there(one))
        return tuple(sorted((Dormant(name, it.title, it.summary) for name, it in found), key=lambda one: one.title))

    def ask(self, hook: str, **arguments: Any) -> Any:
        """The first answer that is not None and is what the hook promises; a plugin that fails is passed over."""
        return next(self._answers(hook, arguments, self.question_s), None)

    def carry_out(self, hook: str, **arguments: Any) -> Any:
        """The first answer that is not None of a hook that does something outside. Where one fails nobody else is
        asked: it may be done. Raises what it raises, TookTooLong, or WrongAnswer, counted as its failure; and what
        ``allowed`` raises."""
        self.allowed()
        for one in reversed(getattr(self.manager.hook, hook).get_hookimpls()):
            wanted = {name: arguments[name] for name in one.argnames}
            answer = self.run(one.plugin_name, hook, partial(_checked_answer, hook, one.function, wanted), self.act_s)
            if answer is not None:
                return answer
        return None

    def gather(self, hook: str, **arguments: Any) -> list[Any]:
        """What all plugins add, those first that were enabled first; one that fails adds nothing."""
        return [one for added in reversed(list(self._answers(hook, arguments, self.question_s))) for one in added]

    def asks(self, hook: str) -> bool:
        """Whether any plugin has this hook: where none has, nobody makes up what it would be asked."""
        return bool(getattr(self.manager.hook, hook).get_hookimpls())

    def listeners(self, event: Event) -> tuple[str, ...]:
        """The plugins that have the hook of this event, in order."""
        if not hasattr(hookspecs.HookSpecs, event.kind.value):
            return ()
        return tuple(one.plugin_name for one in reversed(getattr(self.manager.hook, event.kind.value).get_hookimpls()))

    def announce(self, hook: str, told: Announcement, only: str = "") -> None:
        """Tell every plugin that has this hook, or the one that is named; each alone with its failure."""
        for _ in self._answers(hook, {"event": told}, self.announcement_s, only):
            pass

    def failed(self, plugin: str, where: str, error: BaseException | str) -> None:
        """Something of a plugin failed; ``where`` names it for staff ("fetch")."""
        self.ledger.note(plugin, where, error=self.masker.mask(error if isinstance(error, str) else in_words(error)))

    def broke(self, thing: Any, where: str, error: BaseException | str) -> None:
        """Something that a plugin brought, a driver, a carrier, did what no word of the SDK allows; ``where`` is its
        method."""
        self.failed(*self._place(thing, where), error)

    def _place(self, thing: Any, where: str) -> tuple[str, str]:
        """The plugin that brought something, and a method of it as people read it."""
        named = f"{word_of(thing)} {thing.name}"
        return self.owners.get(named, thing.name), f"{named}: {where}"[:LONGEST_WHERE]

    def use(self, thing: Any, where: str, call: Callable[[], T], passing: tuple[type[Exception], ...] = ()) -> T:
        """What a method of something that a plugin brought gives, with its time counted. Raises what it raises. An
        error of our own tree, or one of ``passing``, is a word to whoever asked. Anything else is its failure, and so
        are an answer of its other side that it does not understand and one of its own that the SDK does not name, for
        which WrongAnswer is raised. It has no limit: it may be halfway through a payment."""
        (plugin, place), began = self._place(thing, where), time.monotonic()
        try:
            answer = self._noted(plugin, place, call)()
            check_given(thing, where, answer)
        except CraftOpsError as error:
            if isinstance(error, NotUnderstood):
                self.broke(thing, where, error.sentence)
            raise
        except passing:
            raise
        except SystemExit as error:
            self.broke(thing, where, error)
            raise RuntimeError(in_words(error)) from error
        except Exception as error:
            self.broke(thing, where, error)
            raise
        self.ledger.note(plugin, place, time.monotonic() - began)
        return answer

    def run(
        self,
        plugin: str,
        where: str,
        call: Callable[[], T],
        patience_s: float,
        passing: tuple[type[BaseException], ...] = (),
    ) -> T:
        """What code of a plugin gives, in time, with its time counted for ``where``. Raises what it raises; all but
        ``passing``, which is its answer to a person, is counted and logged as its failure."""
        began = time.monotonic()
        try:
            answer = within(patience_s, self._noted(plugin, where, call))
        except passing:
            raise
        except TookTooLong:
            self.failed(plugin, where, f"It did not come back within {patience_s:g} s.")
            log.error("plugin %s takes too long in its %s", plugin, where)
            raise
        except RAISED as error:
            self.failed(plugin, where, error)
            log.exception("plugin %s failed in its %s", plugin, where)
            raise
        self.ledger.note(plugin, where, time.monotonic() - began)
        return answer

    def _answers(self, hook: str, arguments: Mapping[str, Any], patience_s: float, only: str = "") -> Iterator[Any]:
        for one in reversed(getattr(self.manager.hook, hook).get_hookimpls()):
            key = (one.plugin_name, hook)
            if key in self._hung or only not in ("", one.plugin_name):
                continue
            wanted = {name: arguments[name] for name in one.argnames}
            began = time.monotonic()
            try:
                answer = self._call(one, hook, wanted, patience_s)
                if answer is not None and (check := QUESTIONS.get(hook) or CONTRIBUTIONS.get(hook)):
                    answer = check(answer)
            except TookTooLong:
                self._hung.add(key)
                self.failed(
                    *key, f"It did not come back within {patience_s:g} s. It is not asked again before a start."
                )
                log.error("plugin %s hangs in %s; it is not asked again before the next start", *key)
            except WrongAnswer as error:
                self.failed(*key, f"{str(error)[:1].upper()}{str(error)[1:]}.")
                log.error("plugin %s failed in %s: %s", *key, error)
            except Exception as error:
                self.failed(*key, error)
                log.exception("plugin %s failed in %s", *key)
            except SystemExit as error:
                self.failed(*key, error)
                log.error("plugin %s wanted to end the process in %s", *key)
            else:
                self.ledger.note(*key, time.monotonic() - began)
                if answer is not None:
                    yield answer

    def _call(self, one: Any, hook: str, arguments: Mapping[str, Any], patience_s: float) -> Any:
        if one.plugin_name not in self.found:
            return one.function(**arguments)  # the core's own
        return within(patience_s, self._noted(one.plugin_name, hook, partial(one.function, **arguments)))

    def _noted(self, plugin: str, where: str, call: Callable[[], T]) -> Callable[[], T]:
        """The call, written down for as long as it is at work; it may be so longer than anybody waits for it."""
        book, found = self.in_hand, self.found.get(plugin)
        if book is None or found is None or found.bundled:
            return call

        def noted() -> T:
            with book.at(plugin, where):
                return call()

        return noted


def _checked_answer(hook: str, call: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    answer = call(**arguments)
    return None if answer is None else QUESTIONS[hook](answer)
