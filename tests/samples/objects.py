"""The S3 server of the tests, where its libraries are."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Iterator

import pytest

from craftops.testing import objects
from craftops.testing.objects import ObjectServer

__all__ = ["ObjectServer", "needs", "object_server"]


def needs(library: str) -> None:
    if importlib.util.find_spec(library) is None:
        if os.environ.get("CRAFTOPS_SERVICES") == "required":
            pytest.fail(f"{library} is not installed, and CI asks for it")
        pytest.skip(f"{library} is not installed here")


@contextlib.contextmanager
def object_server() -> Iterator[ObjectServer]:
    """Runs for the length of the block; keys for it stand in the environment."""
    needs("obstore")
    needs("moto")
    with objects.object_server() as server:
        yield server
