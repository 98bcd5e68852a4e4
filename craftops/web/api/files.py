"""Files: sent as the raw body, read back as facts or as they were."""

from __future__ import annotations

from flask import Response, request, send_file
from flask_openapi3 import APIBlueprint

from craftops.domain.people.access import Scope
from craftops.services.files import intake
from craftops.store.database import utcnow
from craftops.store.models import DesignFileRow
from craftops.store.queries import scoped
from craftops.web.api.common import answer, customer_of, token_actor
from craftops.web.api.models import FileOut, FilePath, FilesQuery
from craftops.web.site import current_shop


def add_to(api: APIBlueprint) -> None:
    """Register the routes."""
    api.post("/files", summary="Send a file (raw body)", responses={201: FileOut})(send_in)
    api.get("/files/<int:file_id>", summary="What is known of a file", responses={200: FileOut})(get_file)
    api.get("/files/<int:file_id>/content", summary="The file as it was sent")(get_content)


def _out(row: DesignFileRow) -> FileOut:
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


def send_in(query: FilesQuery) -> Response:
    """The verdict comes seconds later: ask again until it is not `waiting`. Scope: files:write."""
    actor = token_actor(Scope.FILES_WRITE)
    owner = customer_of(actor, query.customer)
    row = intake.take_file(current_shop(), request.stream, query.name, owner=owner, at=utcnow(), channel="api")
    return answer(_out(row), 201)


def get_file(path: FilePath) -> Response:
    """Verdict, facts and findings. Scope: files:read."""
    return answer(_out(scoped.file(token_actor(Scope.FILES_READ), path.file_id)))


def get_content(path: FilePath) -> Response:
    """The bytes, as an attachment. Scope: files:read."""
    row = scoped.file(token_actor(Scope.FILES_READ), path.file_id)
    content = current_shop().files.path(row.blob_id)
    return send_file(content, mimetype="application/octet-stream", as_attachment=True, download_name=row.name)
