"""The form that orders again: read, a fault loses nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from craftops.domain.orders.reorder import AgainOutcome, LineChoice
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.orders.reordering import LinePick, PastOrder, PastPart
from craftops.services.shop.context import Shop
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.orders.forms import AgainLineForm

OTHER = "other"
"""What the customer sends who wants none of the nearest choices."""


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A line of the form as it was sent, or as it is first shown."""

    part: PastPart
    wanted: bool
    near: str
    """The place of one of the nearest choices, ``OTHER``, or empty."""
    material: str
    colour: str
    finish: str
    quantity: str
    instructions: str
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether anything at all can be ordered in its place."""
        return self.part.answer.outcome is not AgainOutcome.IMPOSSIBLE or bool(self.part.answer.nearest)

    @property
    def choice(self) -> LineChoice | None:
        """What is chosen; None as long as nothing is."""
        answer = self.part.answer
        if answer.outcome is AgainOutcome.IMPOSSIBLE and self.near != OTHER:
            place = int(self.near) if is_number(self.near) else len(answer.nearest)
            return answer.nearest[place] if place < len(answer.nearest) else None
        revision = answer.choice or (answer.nearest[0] if answer.nearest else None)
        if revision is None or not self.material:
            return None
        return LineChoice(self.material, self.colour, self.finish, revision.revision)

    @property
    def pick(self) -> LinePick | None:
        """As it is ordered; None for one that is not wanted or not chosen."""
        choice = self.choice if self.wanted and self.open else None
        return LinePick(self.part.row.id, self.quantity, choice, self.instructions) if choice else None


def first_lines(past: PastOrder) -> list[TypedLine]:
    """The form as it is first shown: everything as it was, as far as that can be had."""
    lines = []
    for part in past.parts:
        choice, row = part.answer.choice, part.row
        wanted = part.answer.outcome is not AgainOutcome.IMPOSSIBLE or bool(part.answer.nearest)
        typed = (choice.material, choice.colour, choice.finish) if choice else ("", "", "")
        lines.append(TypedLine(part, wanted, "", *typed, str(row.quantity), row.instructions))
    return lines


def sent_lines(past: PastOrder) -> list[TypedLine]:
    """The form as it was sent."""
    return [_typed(part, AgainLineForm.sent(part.row.id)) for part in past.parts]


def _typed(part: PastPart, sent: AgainLineForm) -> TypedLine:
    return TypedLine(
        part, sent.want, sent.near, sent.material, sent.colour, sent.finish, sent.quantity, sent.instructions
    )


def checked(shop: Shop, lines: list[TypedLine]) -> list[TypedLine]:
    """The same with its faults marked."""
    return [replace(line, errors=_faults(shop, line)) for line in lines]


def _faults(shop: Shop, line: TypedLine) -> dict[str, str]:
    if not line.wanted or not line.open:
        return {}
    choice = line.choice
    if choice is None:
        return {"near": _("Choose one of these, or untick the line.")}
    file = line.part.files.get(choice.revision)
    draft = LineDraft(
        file.id if file else None, line.quantity, choice.material, choice.colour, choice.finish, line.instructions
    )
    return ordering.check_line(shop, draft)


def fault_of_form(lines: list[TypedLine]) -> str:
    """A sentence for the whole form; empty when it can be ordered."""
    if any(line.errors for line in lines):
        return _("Some answers cannot be used yet. They are marked below.")
    if not any(line.pick for line in lines):
        return _("Tick at least one line that can be ordered.")
    return ""


def left_out(lines: list[TypedLine]) -> list[str]:
    """Titles of the lines that are not ordered."""
    return [line.part.row.title for line in lines if line.pick is None]
