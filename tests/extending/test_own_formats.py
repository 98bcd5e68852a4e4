"""A plugin brings a format that CraftOps does not know: it is taken in, measured and offered like those of ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from craftops.domain.files.designs import Analysis, FileFormat, MeshFacts, Verdict
from craftops.domain.files.file_types import DeclaredFormat
from craftops.errors import IntakeError
from craftops.plugin_host.checks import WrongAnswer, check_brought
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.analyzer import FileAnalyzer
from craftops.sdk.settings import NoSettings
from craftops.services.files import intake
from craftops.store.models import DesignFileRow
from craftops.testing import Workshop

STEP = DeclaredFormat("step", "a STEP model", ("step", "stp"), (b"ISO-10303-21",))
BODY = b"ISO-10303-21;\nHEADER;\nENDSEC;\n"


class StepAnalyzer(FileAnalyzer):
    name = "steps"
    formats = frozenset({"step"})
    declares = (STEP,)

    def analyse(self, path: Path, name: str) -> Analysis:
        return Analysis(
            Verdict.ACCEPTED, "measured", "It can be made.", MeshFacts(1, 1, (1.0, 1.0, 1.0), 1.0, 1.0, True)
        )


class Steps(Plugin[NoSettings]):
    name = "steps"
    title = "STEP"
    summary = "Opens STEP models."

    @hookimpl
    def register_file_analyzers(self) -> list[type[FileAnalyzer]]:
        return [StepAnalyzer]


@pytest.fixture
def shop(plug_in: Callable[..., Workshop]) -> Workshop:
    return plug_in(Steps)


def test_it_is_taken_in_measured_and_ordered(shop: Workshop) -> None:
    asked: list[str] = []
    shop.worker.analyse = lambda analyzer, path, name: asked.append(analyzer) or StepAnalyzer().analyse(path, name)
    file = shop.upload("ada", "part.stp", BODY)
    shop.run_due()
    row = DesignFileRow.get_by_id(file)
    assert (row.format, row.verdict) == ("step", "accepted")
    assert asked[0].endswith(":StepAnalyzer")
    page = shop.browser("ada").see("/orders/new")
    assert ".stp" in page
    assert "STEP" in page


def test_without_the_plugin_it_rides_along_as_ever(workshop: Workshop) -> None:
    row = DesignFileRow.get_by_id(workshop.upload("ada", "part.stp", BODY))
    assert (row.format, row.verdict) == ("", "companion")


def test_what_only_says_that_it_is_one_is_refused(shop: Workshop) -> None:
    with pytest.raises(IntakeError, match="This is an STL model"):
        intake.check_name(shop.shop, "part.stp", b"solid a\nfacet normal 0 0 1\n")


WRONG: dict[str, dict[str, Any]] = {
    "a name of ours": {"declares": (DeclaredFormat("stl", "an STL", ("stx",)),)},
    "an ending of ours": {"declares": (DeclaredFormat("step", "a STEP model", ("stl",)),)},
    "no ending": {"declares": (DeclaredFormat("step", "a STEP model", ()),)},
    "no format at all": {"declares": ("step",)},
    "a format that nobody declares": {"declares": (), "formats": frozenset({"step"})},
    "formats that are a list": {"declares": (), "formats": [FileFormat.STL]},
}


@pytest.mark.parametrize("what", WRONG)
def test_a_format_that_cannot_be_is_told_at_the_start(what: str) -> None:
    kind = type("Wrong", (StepAnalyzer,), WRONG[what])
    with pytest.raises(WrongAnswer, match="Wrong"):
        check_brought("register_file_analyzers", [kind])
