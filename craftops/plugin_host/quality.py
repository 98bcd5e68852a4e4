"""What can be said of a plugin's quality by looking at it: an honest checklist, not a mark."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from craftops.plugin_host.finding import OURS, Found
from craftops.sdk.plugin import Plugin

SECRET_WORDS = re.compile(r"(?:^|_)(?:password|passwort|secret|token|key|code)$")
QUICK_S = 1.0


@dataclass(frozen=True, slots=True)
class QualityCheck:
    """One line of the checklist."""

    sentence: str
    held: bool
    instead: str = ""
    """What to do where it is not held."""


def checklist(found: Found, kind: type[Plugin[Any]], start_s: float) -> tuple[QualityCheck, ...]:
    """The checks of one plugin, in a fixed order."""
    fields = dataclasses.fields(kind.settings_type)
    silent = [one.name for one in fields if not one.metadata.get("help")]
    open_secrets = [
        one.name
        for one in fields
        if SECRET_WORDS.search(one.name) and one.type in (str, "str") and not one.metadata.get("secret")
    ]
    return (
        QualityCheck(
            "It says what it does in a sentence.",
            len(kind.summary) > 10 and kind.summary.endswith("."),
            "Write a summary that ends with a full stop.",
        ),
        QualityCheck("Each setting has its sentence.", not silent, f"Give a help to: {', '.join(silent)}."),
        QualityCheck(
            "What looks like a secret is sealed and masked.",
            not open_secrets,
            f"Declare secret=True for: {', '.join(open_secrets)}.",
        ),
        QualityCheck(
            "It says which versions of CraftOps it is made for.",
            found.bundled or _names_us(found),
            'Require "craftops>=…,<…" in its package.',
        ),
        QualityCheck("Its package has a licence.", _licensed(found), "Name a licence in its package."),
        QualityCheck(
            f"It starts within {QUICK_S:g} s.",
            start_s <= QUICK_S,
            f"It took {start_s:.1f} s: import heavy libraries where they are used.",
        ),
    )


def _names_us(found: Found) -> bool:
    for line in (found.entry.dist.requires or []) if found.entry.dist else []:
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            continue
        if wanted.name.lower() == OURS and str(wanted.specifier):
            return True
    return False


def _licensed(found: Found) -> bool:
    if found.entry.dist is None:
        return False
    about = found.entry.dist.metadata
    named = any(about[key] for key in ("License", "License-Expression") if key in about)
    return bool(named or any(one.startswith("License") for one in about.get_all("Classifier") or []))
