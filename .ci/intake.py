"""The intake pipeline over the folder of real files: each gets a verdict, and the good ones a good one.

Run as ``python .ci/intake.py``. Files are looked for in ``../shared/corpus`` beside the checkout, with what is expected
of each in ``MANIFEST.tsv``. Without that folder there is nothing to check, and that is said.
"""

from __future__ import annotations

import csv
import json
import math
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
FORMATS = ("stl", "obj", "3mf", "dxf", "svg", "ai")
VERDICTS = ("accepted", "findings", "refused", "by_hand")
SHARES = {
    "stl": (303, 304), "obj": (151, 152), "3mf": (76, 78), "dxf": (1610, 1627), "svg": (4254, 4276), "ai": (168, 168),
}  # fmt: skip
BAD_3MF_PASSED = (7, 62)
SLOWEST_S = 30.0
Row = dict[str, Any]


def expectations() -> dict[str, tuple[str, str]]:
    """Path -> (format, what is expected), for what can be made."""
    with (CORPUS / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {row["path"]: (row["format"].lower(), row["expect"]) for row in rows if row["format"].lower() in FORMATS}


def verdicts(names: list[str]) -> dict[str, Row]:
    """Path -> what ``craftops intake`` says."""
    craftops = Path(sys.executable).with_name("craftops")
    files = [str(CORPUS / name) for name in names]
    done = subprocess.run(
        [str(craftops), "intake", "--json", "--jobs", "2", *files], stdout=subprocess.PIPE, text=True, check=False
    )
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    return {Path(row["file"]).relative_to(CORPUS).as_posix(): row for row in rows}


def allowed(kind: str, count: int) -> int:
    """How many good files of this format may miss."""
    good, of = SHARES[kind]
    return max(0 if kind == "ai" else 1, math.ceil((of - good) / of * count))


def table(expected: dict[str, tuple[str, str]], found: dict[str, Row]) -> str:
    """Format and expectation against verdicts, with the slowest, the largest, and how many have no picture."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for name, group in expected.items():
        if name in found:
            groups[group].append(found[name])
    head = ("format", "expect", *VERDICTS, "slowest s", "peak MB", "no picture")
    lines = ["{:<7}{:<8}{:>9}{:>9}{:>9}{:>9}{:>11}{:>9}{:>12}".format(*head)]
    for (kind, expect), rows in sorted(groups.items()):
        count = Counter(row["verdict"] for row in rows)
        slowest, peak = (max(float(row[key]) for row in rows) for key in ("seconds", "peak_mb"))
        blind = sum(1 for row in rows if row["verdict"] in ("accepted", "findings") and not row["picture"])
        numbers = "".join(f"{count[verdict]:>9}" for verdict in VERDICTS)
        lines.append(f"{kind:<7}{expect:<8}{numbers}{slowest:>11.1f}{peak:>9.0f}{blind:>12}")
    return "\n".join(lines)


def made(kind: str, row: Row | None) -> bool:
    """Whether a good file counts as taken in; an SVG must have a picture as well."""
    taken = row is not None and row["verdict"] in ("accepted", "findings")
    return taken and (kind != "svg" or bool(row and row["picture"]))


def faults(expected: dict[str, tuple[str, str]], found: dict[str, Row]) -> list[str]:
    """A sentence for everything that is not as it should be."""
    said = [f"{name} has no verdict." for name in expected if found.get(name, {}).get("verdict") not in VERDICTS]
    said += [f"{name} took {row['seconds']:.1f} s." for name, row in found.items() if row["seconds"] > SLOWEST_S]
    for kind in FORMATS:
        good = [name for name, group in expected.items() if group == (kind, "good")]
        misses = [name for name in good if not made(kind, found.get(name))]
        if len(misses) > allowed(kind, len(good)):
            said.append(f"{kind}: {len(misses)} of {len(good)} good files are not taken in: {', '.join(misses[:9])}.")
    bad = [name for name, group in expected.items() if group == ("3mf", "bad")]
    passed = [name for name in bad if found.get(name, {}).get("verdict") == "accepted" and not found[name]["findings"]]
    most, of = BAD_3MF_PASSED
    if len(passed) * of > most * len(bad):
        said.append(f"3mf: {len(passed)} of {len(bad)} bad files are accepted: {', '.join(passed[:9])}.")
    empty = [name for name, (_kind, expect) in expected.items() if expect == "empty"]
    said += [f"{name} is empty and was accepted." for name in empty if found.get(name, {}).get("verdict") == "accepted"]
    return said


def main() -> int:
    """0 when all is as it should be, or nothing is there to look at."""
    if not (CORPUS / "MANIFEST.tsv").is_file():
        sys.stdout.write("The folder of real files (../shared/corpus) is not here, so the intake is not checked.\n")
        return 0
    expected = expectations()
    found = verdicts(list(expected))
    sys.stdout.write(table(expected, found) + "\n")
    wrong = faults(expected, found)
    sys.stdout.write("".join(f"{sentence}\n" for sentence in wrong) or f"{len(found)} files, all as they should be\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
