"""The form of an order, whoever fills it in: read, changed without a script, checked. A fault loses nothing of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from craftops.errors import AccessError, IntakeError
from craftops.services.files import intake
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.store.queries import scoped
from craftops.store.views.files import FileView
from craftops.web.files.present_versions import mendable_card
from craftops.web.files.versions import asked_for
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import account, actor, current_shop, sight
from craftops.web.frame.sent_form import uploaded
from craftops.web.orders.forms import OrderForm, OrderLineForm
from craftops.web.orders.present_new import blank_line
from craftops.web.orders.views import NewLine


@dataclass(frozen=True, slots=True)
class SentLine:
    """A line as it was sent, with its file's id."""

    line: NewLine
    file_id: int | None

    @property
    def draft(self) -> LineDraft:
        """As it is ordered."""
        line = self.line
        return LineDraft(self.file_id, line.quantity, line.material, line.colour, line.finish, line.instructions)


@dataclass(frozen=True, slots=True)
class SentOrder:
    """What was sent, checked."""

    lines: tuple[SentLine, ...]
    riding: tuple[NewLine, ...]
    """Files that ride along."""
    error: str
    """A sentence for the whole form; empty when it can be ordered."""

    @property
    def shown(self) -> tuple[NewLine, ...]:
        """The lines of the form as they are shown again."""
        return (*(tuple(one.line for one in self.lines) or (blank_line(),)), *self.riding)

    @property
    def drafts(self) -> list[LineDraft]:
        """As they are ordered."""
        return [one.draft for one in self.lines]

    @property
    def companions(self) -> list[int]:
        """Ids of the files that ride along."""
        return [line.file.id for line in self.riding if line.file is not None]


def read_lines(form: OrderForm) -> list[SentLine]:
    """The lines of a form that was sent."""
    return [_read_line(key, OrderLineForm.sent(key)) for key in form.line]


def changed_lines(sent: list[SentLine], action: str) -> tuple[NewLine, ...] | None:
    """The lines after a button that only changes the form (one more, one less, a fix); None for any other."""
    if action == "price":
        return tuple(one.line for one in sent)
    if action == "more":
        return (*(one.line for one in sent), blank_line())
    if action.startswith("remove:"):
        kept = tuple(one.line for one in sent if one.line.key != action.removeprefix("remove:"))
        return kept or (blank_line(),)
    if action.startswith(("mend:", "undo:")):
        return tuple(_mended(one, action) for one in sent)
    return None


def checked(sent: list[SentLine]) -> SentOrder:
    """The form with its faults marked."""
    riding = tuple(one.line for one in sent if one.line.riding)
    filled = [one for one in sent if (one.file_id is not None or one.line.errors) and not one.line.riding]
    faulty = tuple(replace(one, line=replace(one.line, errors={**_faults(one), **one.line.errors})) for one in filled)
    error = ""
    if not filled:
        error = _("Add at least one file.")
    elif any(one.line.errors for one in faulty):
        error = _("Some answers cannot be used yet. They are marked below.")
    return SentOrder(faulty, riding, error)


def drafts_of(lines: Iterable[NewLine]) -> list[LineDraft]:
    """The lines of a form as they would be ordered, filled in or not."""
    return [
        LineDraft(line.file.id if line.file else None, line.quantity, line.material, line.colour, line.finish)
        for line in lines
        if not line.riding
    ]


def _mended(sent: SentLine, action: str) -> NewLine:
    """The line with the copy in the place of its file, if the action is about that file."""
    if sent.file_id is None or action.split(":")[1] != str(sent.file_id):
        return sent.line
    return replace(sent.line, file=mendable_card(asked_for(action)))


def _faults(sent: SentLine) -> dict[str, str]:
    return ordering.check_line(current_shop(), sent.draft)


def _read_line(key: str, sent: OrderLineForm) -> SentLine:
    line = NewLine(key[:16], None, sent.quantity, sent.material, sent.colour, sent.finish, sent.instructions, {})
    file, fault = _file_of(key, sent.file)
    if fault:
        line = replace(line, errors={"file": fault})
    return SentLine(replace(line, file=mendable_card(file)) if file else line, file.id if file else None)


def _file_of(key: str, known: int | None) -> tuple[FileView | None, str]:
    if known is not None:
        try:
            return scoped.file_view(actor(), known), ""
        except AccessError:
            return None, _("That file is not here any more. Add it again.")
    upload = uploaded(f"upload-{key}")
    if upload is None:
        return None, ""
    try:
        return intake.take_file(current_shop(), upload.stream, upload.filename, owner=account(), at=sight().now), ""
    except IntakeError as error:
        return None, error.sentence
