"""A small tus client for tests: announces, sends pieces, has its line cut, asks where it is."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PIECE = "application/offset+octet-stream"
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def checksum(data: bytes, algorithm: str = "sha1") -> str:
    """The value of ``Upload-Checksum`` for ``data``."""
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


class TusClient:
    """The sender of files in the browser ``client``, which is signed in."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        found = TOKEN.search(client.get("/", follow_redirects=True).get_data(as_text=True))
        self.headers = {"Tus-Resumable": "1.0.0", "X-CSRFToken": found[1] if found else ""}

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        """Any request; a header that is empty is left out."""
        sent = {name: value for name, value in {**self.headers, **(headers or {})}.items() if value}
        return self.client.open(path, method=method, headers=sent, **more)

    def announce(self, length: int, name: str = "part.stl", **headers: str) -> TestResponse:
        """Ask for room for ``length`` bytes."""
        metadata = f"kind bW9kZWw=, filename {base64.b64encode(name.encode()).decode()}"
        return self.ask("POST", "/uploads", {"Upload-Length": str(length), "Upload-Metadata": metadata, **headers})

    def begin(self, length: int, name: str = "part.stl") -> str:
        """The address of an upload that was announced well."""
        answer = self.announce(length, name)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return answer.headers["Location"]

    def piece(
        self,
        path: str,
        offset: int,
        data: bytes = b"",
        *,
        size: int | None = None,
        stream: Any = None,
        checksum: str = "",
        content_type: str = PIECE,
    ) -> TestResponse:
        """Send ``data``, or what ``stream`` gives. ``size`` bytes are announced: when fewer come, the line was cut."""
        said = len(data) if size is None else size
        overrides = {"wsgi.input": stream or io.BytesIO(data), "CONTENT_LENGTH": str(said)}
        headers = {"Upload-Offset": str(offset), "Upload-Checksum": checksum}
        return self.ask("PATCH", path, headers, content_type=content_type, environ_overrides=overrides)

    def offset(self, path: str) -> int:
        """Where to go on, in bytes."""
        answer = self.ask("HEAD", path)
        assert answer.status_code == 200
        return int(answer.headers["Upload-Offset"])

    def line(self, path: str) -> int:
        """The id of the file that an upload has become."""
        answer = self.ask("GET", f"{path}/line")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        told: Any = answer.json
        assert f'value="{told["id"]}"' in told["html"]
        return int(told["id"])
