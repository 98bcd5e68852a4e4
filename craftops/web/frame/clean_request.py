"""What is asked, without U+0000. PostgreSQL keeps no text that has one, SQLite compares only up to it (so that a search
for one finds everything), and nobody types one."""

from __future__ import annotations

from typing import Any

from flask import Request, abort
from flask import request as this_request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property

NUL = "\x00"


def without_nul(value: Any) -> Any:
    """The same JSON value, or text, with no U+0000 in any of its texts."""
    if isinstance(value, str):
        return value.replace(NUL, "")
    if isinstance(value, list):
        return [without_nul(one) for one in value]
    if isinstance(value, dict):
        return {without_nul(key): without_nul(one) for key, one in value.items()}
    return value


def _clean(fields: MultiDict[str, str]) -> MultiDict[str, str]:
    pairs = list(fields.items(multi=True))
    if not any(NUL in name or NUL in value for name, value in pairs):
        return fields
    return ImmutableMultiDict([(without_nul(name), without_nul(value)) for name, value in pairs])


class CleanRequest(Request):
    """A request of Flask's, cleaned where it is read."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The values of the address."""
        return _clean(super().args)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _clean(self.__dict__["form"])

    def get_json(self, *args: Any, **kwargs: Any) -> Any:
        """The body as JSON."""
        found = super().get_json(*args, **kwargs)
        return without_nul(found) if b"\\u0000" in self.get_data(cache=True) else found


def refuse_path() -> None:
    """No page of ours has one in its path. Aborts with 404."""
    if NUL in this_request.path:
        abort(404)
