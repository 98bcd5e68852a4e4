"""What the tests of analyzers share."""

from __future__ import annotations

import importlib

import pytest

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring is under test: a picture is not drawn, which is most of the time that a small file takes."""
    for kind in ("mesh", "drawing"):
        work = importlib.import_module(f"craftops_plugins.analyzer_{kind}.work")
        monkeypatch.setattr(work, "draw", lambda *_what, **_how: PNG)
    for name in ("with_dimensions", "png_of"):
        monkeypatch.setattr(work, name, lambda _image, *_what, **_how: PNG)
