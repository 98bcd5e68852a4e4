"""The API's description as a judge of what is answered."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

V1 = "/api/v1"


class Described:
    """Says whether an answer is one that the description promises."""

    def __init__(self, client: FlaskClient) -> None:
        self.document: dict[str, Any] = client.get(f"{V1}/openapi.json").json
        self.paths = {
            re.compile(re.sub(r"\{\w+\}", "[^/]+", path)): found for path, found in self.document["paths"].items()
        }

    def check(self, method: str, path: str, answer: TestResponse) -> None:
        """Raises AssertionError, ValidationError."""
        [found] = [one for pattern, one in self.paths.items() if pattern.fullmatch(path.split("?")[0])]
        described = found[method.lower()]["responses"]
        assert str(answer.status_code) in described, f"{method} {path}: {answer.status_code}"
        content = described[str(answer.status_code)]["content"]
        assert answer.mimetype in content, f"{method} {path}: {answer.mimetype}"
        schema = content[answer.mimetype]["schema"]
        if schema.get("format") != "binary":
            whole = {**schema, "components": self.document["components"]}
            jsonschema.Draft202012Validator(whole).validate(answer.json)
