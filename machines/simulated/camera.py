"""What the camera of a machine that does not exist would see: drawn from its newest reading, and it says so."""

from __future__ import annotations

import io
import math

from PIL import Image, ImageDraw, ImageFont

from craftops.domain.machines.readings import MachineState, ProcessKind, Reading

SIZE = (640, 480)
ROOM, BED, PART, EDGE, LIGHT, WORDS = "#1b1f24", "#39414a", "#d4532b", "#f2b79f", "#9fd3ff", "#e8edf2"
LAYERS = 24
AT_WORK = (MachineState.RUNNING, MachineState.PAUSED, MachineState.ATTENTION, MachineState.FINISHING)
SEEN = (*AT_WORK, MachineState.DONE)


def draw(process: ProcessKind, last: Reading | None) -> bytes:
    """A JPEG of 640 × 480."""
    picture = Image.new("RGB", SIZE, ROOM)
    pen = ImageDraw.Draw(picture)
    seen = last is not None and last.state in SEEN
    done = (1.0 if last.state is MachineState.DONE else last.progress or 0.0) if last is not None and seen else 0.0
    at_work = last is not None and last.state in AT_WORK
    (_stack if process in (ProcessKind.FDM, ProcessKind.SLA) else _sheet)(pen, done, at_work)
    said = f"{last.state.value}, {done:.0%}" if last is not None and seen else "nothing on it"
    pen.text((20, 16), "SIMULATED CAMERA", WORDS, ImageFont.load_default(20))
    pen.text((20, 44), f"A drawing, no photo: {said}", WORDS, ImageFont.load_default(16))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _stack(pen: ImageDraw.ImageDraw, done: float, at_work: bool) -> None:
    """A vase that grows layer by layer, seen from the front, and the nozzle above it."""
    pen.polygon([(90, 430), (550, 430), (600, 470), (40, 470)], fill=BED)
    layers = round(LAYERS * done)
    for layer in range(layers):
        half = 90 + 34 * math.sin(layer / LAYERS * 5.2)
        top = 424 - layer * 12
        pen.rounded_rectangle((320 - half, top - 11, 320 + half, top), 5, fill=PART, outline=EDGE)
    if at_work:
        x, top = 320 + 80 * math.sin(done * 400), 424 - layers * 12
        pen.rectangle((x - 26, top - 70, x + 26, top - 26), fill="#6b7682")
        pen.polygon([(x - 14, top - 26), (x + 14, top - 26), (x + 3, top - 6), (x - 3, top - 6)], fill="#b9c2cb")


def _sheet(pen: ImageDraw.ImageDraw, done: float, at_work: bool) -> None:
    """A sheet from above, and the outline that is cut out of it."""
    pen.rectangle((70, 100, 570, 450), fill="#b98f5e")
    turn = 2 * math.pi
    around = [
        (320 + r * math.cos(a), 275 + r * math.sin(a))
        for a in (turn * step / 240 for step in range(round(240 * done) + 1))
        for r in (110 + 22 * math.cos(6 * a),)
    ]
    if len(around) > 1:
        pen.line(around, fill=ROOM, width=6, joint="curve")
    if at_work:
        x, y = around[-1]
        pen.ellipse((x - 9, y - 9, x + 9, y + 9), fill=LIGHT, outline="white", width=3)
