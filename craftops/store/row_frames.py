"""What cameras saw last, for hosts that share no folder: a few rows of each machine in the database that they share."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from craftops.store.database import connected, unit_of_work, utcnow
from craftops.store.frames import KEPT, SHA
from craftops.store.models import CameraFrameRow, CameraWishRow


class RowFrameStore:
    """``craftops.store.frames.Frames`` over rows; only cameras that somebody looks at give pictures."""

    def want(self, machine_id: int) -> None:
        now = utcnow()
        with unit_of_work():
            CameraWishRow.insert(machine=machine_id, at=now).on_conflict(
                conflict_target=[CameraWishRow.machine], update={CameraWishRow.at: now}
            ).execute()

    def wanted(self, since: float) -> set[int]:
        with connected():
            return {row.machine for row in CameraWishRow.select().where(CameraWishRow.at >= _instant(since))}

    def put(self, machine_id: int, data: bytes) -> str:
        sha256, now = hashlib.sha256(data).hexdigest(), utcnow()
        with unit_of_work():
            CameraFrameRow.insert(machine=machine_id, sha256=sha256, at=now, content=data).on_conflict(
                conflict_target=[CameraFrameRow.machine, CameraFrameRow.sha256], update={CameraFrameRow.at: now}
            ).execute()
            mine = CameraFrameRow.select(CameraFrameRow.id).where(CameraFrameRow.machine == machine_id)
            past = mine.order_by(CameraFrameRow.at.desc(), CameraFrameRow.id.desc()).offset(KEPT).limit(100)
            old = [row.id for row in past]
            if old:
                CameraFrameRow.delete().where(CameraFrameRow.id.in_(old)).execute()
        return sha256

    def read(self, machine_id: int, sha256: str) -> bytes | None:
        if not SHA.match(sha256):
            return None
        with connected():
            row: CameraFrameRow | None = CameraFrameRow.get_or_none(
                CameraFrameRow.machine == machine_id, CameraFrameRow.sha256 == sha256
            )
        return bytes(row.content) if row is not None else None

    def sweep(self, before: float) -> None:
        with unit_of_work():
            CameraFrameRow.delete().where(CameraFrameRow.at < _instant(before)).execute()
            CameraWishRow.delete().where(CameraWishRow.at < _instant(before)).execute()


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
