"""Mails, answers and bounces of hundreds of strangers' systems, as their collectors say what they are."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from craftops.domain.messages.incoming import MailKind, read_mail
from craftops.domain.messages.mail_parts import parse, take_apart

OUTSIDE = Path(__file__).parents[3] / "shared" / "outside"
OTHERWISE = {"legacy/017", "legacy/026", "legacy/049"}
"""Files that old programs wrote into the text (uuencode) are unpacked for whoever gets them; the oracle leaves them."""
NAMELESS = {"malformed/017"}
"""A disposition that says no kind (``; filename="image001.png"``): we take the name, the oracle takes nothing."""


def folder(name: str) -> Path:
    found = OUTSIDE / name
    if not found.is_dir():
        pytest.skip(f"the folder of strangers' mails (../shared/outside/{name}) is not here")
    return found


def test_bounces_say_whom_they_are_about_and_whether_for_good() -> None:
    base = folder("bounces")
    wanted: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (base / "EXPECTED.tsv").open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            wanted[row["file"]].append(row)
    rows = found = judged = 0
    for name, expected in wanted.items():
        got = read_mail((base / name).read_bytes())
        pairs = list(zip(got.bounced, expected, strict=False))
        rows += len(expected)
        found += len(pairs)
        judged += sum(one.hard == (row["hard"] == "true") for one, row in pairs)
    assert found >= 0.95 * rows, f"{found} recipients of {rows}"
    assert judged >= 0.95 * rows, f"{judged} of {rows} rightly hard or soft"


def test_what_only_looks_like_a_bounce_is_none() -> None:
    for path in folder("no-bounces").glob("*.eml"):
        assert read_mail(path.read_bytes()).kind not in (MailKind.BOUNCE, MailKind.COMPLAINT), path.name


def _name(part: dict[str, Any]) -> str:
    for header, key in (("content_disposition", "filename"), ("content_type", "name")):
        for one in part["headers"]:
            kind = one["value"].get("ContentType") if isinstance(one["value"], dict) else None
            if one["name"] == header and kind:
                for pair in kind.get("attributes") or ():
                    if pair["name"] == key:
                        return str(pair["value"])
    return ""


def test_files_of_strange_mails_are_those_that_they_say() -> None:
    base = folder("mails")
    wrong, binary = [], 0
    for path in sorted(base.rglob("*.json")):
        told = json.loads(path.read_text())
        mail = str(path.relative_to(base).with_suffix(""))
        got = {(one.name, one.content) for one in take_apart(parse(path.with_suffix(".eml").read_bytes())).files}
        if mail in OTHERWISE:
            continue
        for index in told["attachments"]:
            part = told["parts"][index]
            content = part["body"].get("Binary") or part["body"].get("InlineBinary")
            if content is not None:
                binary += 1
                names = {one for one, _content in got} if mail in NAMELESS else {_name(part)}
                if not any((name, bytes(content)) in got for name in names):
                    wrong.append(f"{mail}: {_name(part)}")
    assert binary >= 45
    assert wrong == []


def test_every_strange_mail_is_judged() -> None:
    for path in folder("mails").rglob("*.eml"):
        assert read_mail(path.read_bytes()).kind in MailKind
