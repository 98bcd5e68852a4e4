"""Common random numbers: each machine, job and order has its own row of draws, the same at every recomputation.

A row holds every stratum of the unit interval once, in an order that its seed decides, so that a hundred draws give the
quantiles that thousands of free ones would, and a number moves only when a fact has moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from craftops.domain.hours.open_hours import Draws

DRAWS = 96
ROWS = 4096
SEED = 20_260_101
STRATA = (np.arange(DRAWS) + 0.5) / DRAWS
NORMAL = np.array([NormalDist().inv_cdf(share) for share in STRATA.tolist()])
STRATA_32, NORMAL_32 = STRATA.astype(np.float32), NORMAL.astype(np.float32)


class Of(IntEnum):
    """What a draw decides: rows of different kinds are independent, whatever their numbers."""

    MACHINE = 1
    JOB = 2
    FAILURE = 3
    CHANGEOVER = 4
    HAND = 5
    CHECK = 6
    REVIEW = 7


@lru_cache(maxsize=1)
def _orders() -> NDArray[np.uint8]:
    everyone = np.tile(np.arange(DRAWS, dtype=np.uint8), (ROWS, 1))
    return np.random.default_rng(SEED).permuted(everyone, axis=1)


def _drawn(values: Draws, kind: Of, ids: Sequence[int]) -> Draws:
    """``values`` in the order of each id. Only the orders are kept, in a byte each: the tables of both values would be
    eight times as large, in each process that estimates."""
    rows: Draws = values[_orders()[_rows(kind, ids)]]
    return rows


def _rows(kind: Of, ids: Sequence[int]) -> NDArray[np.intp]:
    """A row for each id: splitmix64 of the id and the kind."""
    mixed = np.asarray(ids, dtype=np.int64).astype(np.uint64) + np.uint64(int(kind) << 40)
    mixed = mixed * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(ROWS)).astype(np.intp)


def normals(kind: Of, ids: Sequence[int]) -> Draws:
    """Standard normal draws, a row for each id."""
    return _drawn(NORMAL_32, kind, ids)


def shares(kind: Of, ids: Sequence[int]) -> Draws:
    """Uniform draws in (0, 1), a row for each id."""
    return _drawn(STRATA_32, kind, ids)
