"""Pages of a plugin's own: below an address that nobody else has, for people whom the page names, and for nobody else.

A page of the plugin ``bench`` with the name ``queue`` stands at ``/staff/x/bench/queue`` for people who work here, at
``/x/bench/queue`` for customers. It can hide no page of CraftOps, and none of another plugin. Its answer is made by a
function that gets plain values and gives plain values; CraftOps checks who asks, checks the form's token, and renders
the template, which extends ``staff/base.html`` or ``portal/base.html``. Nothing inline is run: scripts and styles come
from themes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from craftops.domain.people.access import Actor


class Audience(StrEnum):
    """Who may open a page; somebody else is told that there is none."""

    CUSTOMER = "customer"
    """Whoever is signed in."""
    STAFF = "staff"
    """People who work here."""
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What was asked."""

    method: str
    """GET or POST; the form of a POST is a real one of ours."""
    query: Mapping[str, str]
    form: Mapping[str, str]
    actor: Actor
    """Whoever asks; of a customer ``actor.id`` is their account."""
    at: datetime
    """Aware UTC."""


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What to show. After a POST that did something: ``said`` and no values, the page is asked once more by GET."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """What the template finds, beside ``page_title``."""
    said: str = ""
    """A sentence above the next page."""
    fault: str = ""
    """Why it could not be done, above this page."""


@dataclass(frozen=True, slots=True)
class OwnPage:
    """One page."""

    name: str
    """The last part of its address: small letters, digits and _."""
    title: str
    audience: Audience
    template: Path
    """A file of the plugin's; a shop or a theme may have its own as ``plugins/<plugin>/<name>.html``."""
    answer: Callable[[PageRequest], PageAnswer]
    """May raise IntakeError or RuleError, whose sentence is shown; takes at most five seconds."""
    icon: str = ""
    """A symbol for its place in the staff's menu; empty: it has none, and is reached by its address."""
