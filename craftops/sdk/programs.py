"""What a job's machine code is called on a machine, so that people and drivers can tell from its name whose it is."""

from __future__ import annotations

import re

from craftops.sdk.machine import JobBrief

NAME = re.compile(r"^(?P<code>[A-Za-z0-9.-]{1,20})_(?P<intent>[0-9a-f]{8})\.[A-Za-z0-9.]{1,10}$")


def program_name(job: JobBrief | None, intent: str, ending: str = ".gcode") -> str:
    """One name for each intent, such as ``K7RCX3-1_0a1b2c3d.gcode``: a file that is printed is never written over."""
    return f"{plain_code(job)}_{short(intent)}{ending}"


def plain_code(job: JobBrief | None) -> str:
    """A job's code as it stands in the names of files; "job" for none."""
    return re.sub(r"[^A-Za-z0-9.-]", "", job.code if job else "")[:20] or "job"


def code_in(path: str) -> str:
    """The code of the job that a file was named for, or empty for a file that is not of ours."""
    found = NAME.match(path.rsplit("/", 1)[-1])
    return found["code"] if found else ""


def short(intent: str) -> str:
    """Eight hexadecimal digits that stand for an intent."""
    if re.fullmatch(r"[0-9a-f]{8,}", intent):
        return intent[:8]
    value = 0
    for letter in intent.encode():
        value = (value * 131 + letter) % (1 << 32)
    return f"{value:08x}"
