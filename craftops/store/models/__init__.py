"""All tables of the core."""

from craftops.store.models.base import Row, database
from craftops.store.models.estimation import HandSampleRow, MachineClockRow, RunSampleRow, UsualRow, WindowMoveRow
from craftops.store.models.files import BlobRow, DesignFileRow, IncomingFileRow, IncomingRow, UploadRow
from craftops.store.models.machines import LinkTrialRow, MachineRow, RefusedWordRow
from craftops.store.models.messages import (
    AttachmentRow,
    CannedResponseRow,
    MessageDraftRow,
    MessageRow,
    ReadMarkRow,
    ThreadRow,
)
from craftops.store.models.notes import InternalNoteRow
from craftops.store.models.notices import NoticeRow
from craftops.store.models.orders import OrderLineRow, OrderRow, RevisionRow, StageChangeRow
from craftops.store.models.people import AccountRow, ApiTokenRow, MagicLinkRow, SessionRow, SignInAttemptRow
from craftops.store.models.production import CameraRow, JobRow, MachineCommandRow, OperationRow, ProgressPhotoRow
from craftops.store.models.schedule import CapabilityRow, MaintenanceRow, PlanChangeRow
from craftops.store.models.shop import ShopRow
from craftops.store.models.work import CursorRow, EventRow, WorkRow

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
    LinkTrialRow,
    CapabilityRow,
    MaintenanceRow,
    PlanChangeRow,
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
    CameraRow,
    ProgressPhotoRow,
    ThreadRow,
    MessageRow,
    AttachmentRow,
    ReadMarkRow,
    MessageDraftRow,
    CannedResponseRow,
    InternalNoteRow,
)

__all__ = [
    "TABLES",
    "AccountRow",
    "ApiTokenRow",
    "AttachmentRow",
    "BlobRow",
    "CameraRow",
    "CannedResponseRow",
    "CapabilityRow",
    "CursorRow",
    "DesignFileRow",
    "EventRow",
    "HandSampleRow",
    "IncomingFileRow",
    "IncomingRow",
    "JobRow",
    "LinkTrialRow",
    "MachineClockRow",
    "MachineCommandRow",
    "MachineRow",
    "MagicLinkRow",
    "MaintenanceRow",
    "MessageDraftRow",
    "MessageRow",
    "NoticeRow",
    "OperationRow",
    "OrderLineRow",
    "OrderRow",
    "PlanChangeRow",
    "ProgressPhotoRow",
    "ReadMarkRow",
    "RefusedWordRow",
    "RevisionRow",
    "RunSampleRow",
    "SessionRow",
    "ShopRow",
    "SignInAttemptRow",
    "StageChangeRow",
    "ThreadRow",
    "UploadRow",
    "UsualRow",
    "WindowMoveRow",
    "WorkRow",
    "database",
]
