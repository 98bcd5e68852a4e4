"""``craftops components``: nothing that runs here is left out, and the document is what its standard says."""

from __future__ import annotations

import json
import sys
from importlib.metadata import packages_distributions
from typing import Any

import pytest
from click.testing import CliRunner
from house.test_safe_code import ROOT, imported

from craftops.cli import cli

OURS = {"craftops", "craftops_plugins", "craftops_machines", "craftops_themes"}
NOT_OURS_TO_SHIP = {"pytest", "_pytest", "hypothesis", "time_machine", "moto"}
"""Tools of developers; ``craftops.testing`` is for them."""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    done = CliRunner().invoke(cli, ["components"])
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads(done.output)
    return document


def test_every_library_that_is_imported_is_in_it(told: dict[str, Any]) -> None:
    """ASVS 15.1.2: the inventory is made of what is installed, and nothing that the program asks for is missing."""
    names = {one["name"].lower().replace("_", "-") for one in told["components"]}
    brought = packages_distributions()
    for file, module in imported():
        if module in sys.stdlib_module_names or module in OURS | NOT_OURS_TO_SHIP or module not in brought:
            continue
        assert {one.lower().replace("_", "-") for one in brought[module]} & names, f"{file} imports {module}"


def test_what_the_pages_borrow_is_in_it_as_it_was_locked(told: dict[str, Any]) -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    borrowed = {one["name"]: one["version"] for one in told["components"] if one["purl"].startswith("pkg:npm/")}
    assert wanted.items() <= borrowed.items()
    assert "lit" in borrowed, "and what those need themselves"


def test_it_names_each_once_with_its_version_and_what_it_needs(told: dict[str, Any]) -> None:
    refs = [one["bom-ref"] for one in told["components"]]
    assert len(refs) == len(set(refs)) > 100
    known = {*refs, told["metadata"]["component"]["bom-ref"]}
    assert {one["ref"] for one in told["dependencies"]} <= known
    assert {other for one in told["dependencies"] for other in one["dependsOn"]} <= known
    assert sum("licenses" in one for one in told["components"]) > 0.95 * len(refs)
    assert not {"pytest", "ruff", "mypy", "hypothesis"} & {one["name"] for one in told["components"]}


def test_twice_asked_it_is_the_same_list(told: dict[str, Any]) -> None:
    again = json.loads(CliRunner().invoke(cli, ["components"]).output)
    assert again["serialNumber"] == told["serialNumber"]
    assert again["components"] == told["components"]


def test_it_is_a_document_of_cyclonedx(told: dict[str, Any]) -> None:
    """By the standard's own schema, of its own library."""
    pytest.importorskip("cyclonedx", reason="cyclonedx-python-lib belongs to the development tools")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(told)) is None
