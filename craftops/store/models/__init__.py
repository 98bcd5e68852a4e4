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
from craftops.store.models.schedule import CapabilityRow, MaintenanceRow, PlanChangeRow
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
    CapabilityRow,
    MaintenanceRow,
    PlanChangeRow,
    EventRow,
    WorkRow,
    CursorRow,
    NoticeRow,
    IncomingRow,
    IncomingFileRow,
)

__all__ = [
    "TABLES",
    "AccountRow",
    "ApiTokenRow",
    "BlobRow",
    "CapabilityRow",
    "CursorRow",
    "DesignFileRow",
    "EventRow",
    "IncomingFileRow",
    "IncomingRow",
    "JobRow",
    "MachineCommandRow",
    "MachineRow",
    "MagicLinkRow",
    "MaintenanceRow",
    "NoticeRow",
    "OperationRow",
    "OrderLineRow",
    "OrderRow",
    "PlanChangeRow",
    "RefusedWordRow",
    "RevisionRow",
    "SessionRow",
    "ShopRow",
    "SignInAttemptRow",
    "StageChangeRow",
    "UploadRow",
    "WindowMoveRow",
    "WorkRow",
    "database",
]
