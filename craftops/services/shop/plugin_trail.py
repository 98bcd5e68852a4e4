"""What was installed beside the program, in the audit trail: other people's code runs in the shop from then on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from craftops.config import Config
from craftops.domain.people.access import SYSTEM
from craftops.domain.people.audit import Deed
from craftops.errors import CraftOpsError
from craftops.store.auditing import note
from craftops.store.database import close_database, connected, open_database
from craftops.store.migrating import must_fit

log = logging.getLogger("craftops.plugins")


def remember(config: Config, before: Sequence[str], after: Sequence[str], *, at: datetime) -> None:
    """Keep what was installed and what is ("craftops-acme 1.0"), where that differs. Without a shop there is none."""
    was, now = (sorted(set(one) - set(other)) for one, other in ((before, after), (after, before)))
    if not (was or now) or not (config.database_url or (config.data / "craftops.db").exists()):
        return
    open_database(config.database)
    try:
        must_fit()
        with connected():
            note(Deed.PLUGINS_CHANGED, actor=SYSTEM, at=at, before="\n".join(was), after="\n".join(now))
    except CraftOpsError as error:
        log.warning("it is not in the audit trail which plugins are in use: %s", error.sentence)
    finally:
        close_database()
