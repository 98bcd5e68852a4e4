"""All tables of the core."""

from craftops.store.models.accounts import (
    AccountRow,
    ApiTokenRow,
    MagicLinkRow,
    SessionRow,
    ShopRow,
    SignInAttemptRow,
)
from craftops.store.models.base import Row, database
from craftops.store.models.incoming import IncomingFileRow, IncomingRow
from craftops.store.models.learning import HandSampleRow, MachineClockRow, RunSampleRow, UsualRow
from craftops.store.models.orders import (
    BlobRow,
    DesignFileRow,
    OrderLineRow,
    OrderRow,
    RevisionRow,
    StageChangeRow,
    WindowMoveRow,
)
from craftops.store.models.production import (
    JobRow,
    MachineCommandRow,
    MachineRow,
    OperationRow,
    RefusedWordRow,
)
from craftops.store.models.uploads import UploadRow
from craftops.store.models.work import CursorRow, EventRow, NoticeRow, WorkRow

TABLES: tuple[type[Row], ...] = (
    AccountRow,
    SessionRow,
    MagicLinkRow,
    SignInAttemptRow,
    ApiTokenRow,
    ShopRow,
    BlobRow,
    DesignFileRow,
    UploadRow,
    OrderRow,
    OrderLineRow,
    RevisionRow,
    StageChangeRow,
    WindowMoveRow,
    MachineRow,
    RefusedWordRow,
    JobRow,
    OperationRow,
    MachineCommandRow,
    EventRow,
    WorkRow,
    CursorRow,
    NoticeRow,
    IncomingRow,
    IncomingFileRow,
    MachineClockRow,
    RunSampleRow,
    HandSampleRow,
    UsualRow,
)

__all__ = [
    "TABLES",
    "AccountRow",
    "ApiTokenRow",
    "BlobRow",
    "CursorRow",
    "DesignFileRow",
    "EventRow",
    "HandSampleRow",
    "IncomingFileRow",
    "IncomingRow",
    "JobRow",
    "MachineClockRow",
    "MachineCommandRow",
    "MachineRow",
    "MagicLinkRow",
    "NoticeRow",
    "OperationRow",
    "OrderLineRow",
    "OrderRow",
    "RefusedWordRow",
    "RevisionRow",
    "RunSampleRow",
    "SessionRow",
    "ShopRow",
    "SignInAttemptRow",
    "StageChangeRow",
    "UploadRow",
    "UsualRow",
    "WindowMoveRow",
    "WorkRow",
    "database",
]
