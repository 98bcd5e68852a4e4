"""New keys for a shop: the file first, which opens old and new; then the rows; then the file says that all is done.

Killed between any two steps, the shop opens and works, and the same command goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from craftops import shop_keys
from craftops.config import Config
from craftops.domain.people.access import SYSTEM
from craftops.domain.people.audit import Deed
from craftops.errors import ConfigError
from craftops.services.shop import hosts
from craftops.shop_keys import KeyUse, ShopKeys
from craftops.store import key_rows
from craftops.store.auditing import note
from craftops.store.database import unit_of_work
from craftops.store.models import HostRow
from craftops.store.sealing import Sealer

Told = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of it."""

    finished: bool
    """An earlier rotation was brought to its end, and no new one begun."""
    sealed: int
    links: int


def rotate(
    config: Config, uses: Collection[KeyUse], *, until: datetime | None, at: datetime, told: Told = lambda: None
) -> Rotated:
    """Give these uses new keys. What was signed before counts until ``until``, where that is given; links that come of
    the key end at once. The shop must not run. ``told`` is called after each step.

    Raises ConfigError where a secret is opened by no key, or the file cannot be written: then nothing was changed.
    """
    keys = config.keys()
    if keys.unfinished:
        return _finish(config, keys, at=at, told=told, begun=True)
    key_rows.seal_anew(Sealer(keys.seal, keys.seal_before), told)  # the key before the last is given up now
    fresh = keys.rotated(uses, until)
    _write(config, fresh)
    told()
    return _finish(config, fresh, at=at, told=told, begun=False)


def _finish(config: Config, keys: ShopKeys, *, at: datetime, told: Told, begun: bool) -> Rotated:
    sealed = key_rows.seal_anew(Sealer(keys.seal, keys.seal_before), told)
    links = key_rows.derive_anew(keys.sign, told)
    with unit_of_work():
        HostRow.update(key_mark=hosts.mark_of(config)).where(HostRow.name == hosts.THE_SHOP).execute()
        note(Deed.KEYS_ROTATED, actor=SYSTEM, at=at)
    told()
    _write(config, replace(keys, unfinished=False))
    told()
    return Rotated(begun, sealed, links)


def _write(config: Config, keys: ShopKeys) -> None:
    try:
        shop_keys.write(config.secret_path, keys)
    except OSError as error:
        raise ConfigError(f"{config.secret_path} cannot be written: {error.strerror}.") from error
