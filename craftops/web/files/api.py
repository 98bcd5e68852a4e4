"""Files: sent as the raw body, read back as facts or as they were."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request, send_file
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field

from craftops.domain.people.access import Scope
from craftops.services.files import intake
from craftops.services.files.keeping import TAKEN
from craftops.store.database import utcnow
from craftops.store.queries import scoped
from craftops.store.views.files import FileView
from craftops.web.files import access_log
from craftops.web.frame.api_common import RowId, Taken, answer, customer_of, shown_as, token_actor
from craftops.web.frame.request_context import current_shop
from craftops.web.frame.security import takes_files

OCTETS = "application/octet-stream"
BINARY = {"type": "string", "format": "binary"}
BYTES = {"required": True, "description": "The bytes of the file", "content": {OCTETS: {"schema": BINARY}}}


def add_to(api: APIBlueprint) -> None:
    """Register the routes."""
    api.post("/files", summary="Send a file", responses={201: FileOut}, openapi_extensions={"requestBody": BYTES})(
        send_in
    )
    api.get("/files/<int:file_id>", summary="What is known of a file", responses={200: FileOut})(get_file)
    as_sent = {"description": "The bytes, as an attachment", "content": {OCTETS: {"schema": BINARY}}}
    api.get("/files/<int:file_id>/content", summary="The file as it was sent", responses={200: as_sent})(get_content)


def _out(row: FileView) -> FileOut:
    return FileOut(
        id=row.id,
        name=row.name,
        size=row.size,
        sha256=row.blob_id,
        verdict=row.verdict,
        sentence=row.sentence,
        analysis=row.analysis,
        uploaded_at=row.uploaded_at,
    )


@takes_files
def send_in(query: FilesQuery) -> Response:
    """The verdict comes seconds later: ask again until it is not `waiting`. Scope: files:write."""
    actor = token_actor(Scope.FILES_WRITE)
    owner = customer_of(actor, query.customer)
    row = intake.take_file(current_shop(), request.stream, query.name, owner=owner, at=utcnow(), channel="api")
    return answer(_out(row), 201)


def get_file(path: FilePath) -> Response:
    """Verdict, facts and findings. Scope: files:read."""
    return answer(_out(scoped.file_view(token_actor(Scope.FILES_READ), path.file_id)))


def get_content(path: FilePath) -> Response:
    """The bytes, as an attachment. Scope: files:read."""
    who = token_actor(Scope.FILES_READ)
    row = scoped.file_view(who, path.file_id)
    access_log.note(row, who, TAKEN)
    content = current_shop().files.path(row.blob_id)
    return send_file(content, mimetype=OCTETS, as_attachment=True, download_name=row.name)


class FilePath(BaseModel):
    file_id: RowId = Field(description="Id of a file")


class FilesQuery(Taken):
    name: str = Field(description="The file's name, with its ending", max_length=300)
    customer: str = Field(
        "", description="E-mail of the customer whose file it is (tokens of the shop only)", max_length=300
    )


class FileOut(BaseModel):
    model_config = shown_as(
        {
            "id": 12,
            "name": "bracket.stl",
            "size": 684,
            "sha256": "9f2c" * 16,
            "verdict": "accepted",
            "sentence": "Looks good: a closed shape that can be made.",
            "analysis": {"mesh": {"size_mm": [20.0, 20.0, 20.0], "volume_mm3": 8000.0}},
            "uploaded_at": "2026-11-26T15:03:00Z",
        }
    )
    id: int
    name: str
    size: int = Field(description="Bytes")
    sha256: str
    verdict: str
    sentence: str
    analysis: dict[str, Any] | None
    uploaded_at: datetime
