"""What cuts a drawing off: clip paths and the frames of nested viewports.

Whether something lies wholly inside is told; where the edge of a clip goes through it, its size is not computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from .contours import inside
from .strokes import Points, Stroke

SLACK_MM = 0.02
NOTHING_MM = 1e-6
"""A region that is no wider than this shows nothing."""
MOST_LOOKED_AT = 400
Box = tuple[float, float, float, float]


class Cut(Enum):
    """What a clip does to a line."""

    NOTHING = "nothing"
    PART = "part"
    ALL = "all"


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """The region that stays, in millimetres: its box, and its rim where that is one closed line; None where unknown."""

    box: Box | None
    rim: Points | None = None

    @property
    def is_box(self) -> bool:
        """Whether the region is its box."""
        if self.box is None or self.rim is None:
            return False
        sides = np.array(self.box)
        near = np.isclose(self.rim[:, [0]], sides[[0, 2]], atol=SLACK_MM).any(axis=1)
        near &= np.isclose(self.rim[:, [1]], sides[[1, 3]], atol=SLACK_MM).any(axis=1)
        return len(self.rim) == 4 and bool(near.all())

    def cuts(self, points: Points) -> Cut:
        """What it does to a line."""
        if self.box is None:
            return Cut.PART
        low, high = np.array(self.box[:2]), np.array(self.box[2:])
        if (high - low).min() <= NOTHING_MM:
            return Cut.ALL
        if (points.max(axis=0) < low - SLACK_MM).any() or (points.min(axis=0) > high + SLACK_MM).any():
            return Cut.ALL
        if (points.min(axis=0) < low - SLACK_MM).any() or (points.max(axis=0) > high + SLACK_MM).any():
            return Cut.PART
        if self.is_box:
            return Cut.NOTHING
        rim = self.rim
        some = points[:: max(1, len(points) // MOST_LOOKED_AT)]
        stays = rim is not None and all(inside(one, rim) or _on(one, rim) for one in some)
        return Cut.NOTHING if stays else Cut.PART


def _on(point: Points, rim: Points) -> bool:
    """Whether a point lies on the rim itself."""
    way = np.roll(rim, -1, axis=0) - rim
    gone = point - rim
    share = np.clip((gone * way).sum(axis=1) / np.maximum((way * way).sum(axis=1), 1e-30), 0.0, 1.0)
    return bool(np.hypot(*(gone - share[:, None] * way).T).min() <= SLACK_MM)


def clip_of(strokes: list[Stroke]) -> Clip:
    """The region within these closed lines."""
    if not strokes:
        return Clip((0.0, 0.0, -1.0, -1.0))  # an empty region: nothing stays
    points = np.concatenate([stroke.points for stroke in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    rim = strokes[0].points if len(strokes) == 1 else None
    return Clip((float(low[0]), float(low[1]), float(high[0]), float(high[1])), rim)


def frame(corners: Points) -> Clip:
    """The region within four corners."""
    return clip_of([Stroke(corners, closed=True)])
