"""What the forms of files send."""

from __future__ import annotations

from craftops.web.frame.sent_form import SentForm, Ticked


class FixForm(SentForm):
    """A fix by one click, or its undoing: ``mend:…`` or ``undo:…``."""

    action: str = ""


class SenderForm(SentForm):
    """Whose files they are: the address of a customer, or the name of a new one."""

    email: str = ""
    name: str = ""


class DeleteForm(SentForm):
    """Whether somebody is sure."""

    sure: Ticked = False
