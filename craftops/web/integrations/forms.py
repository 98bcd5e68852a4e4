"""What the forms of webhooks and of the assistant's proposals send."""

from __future__ import annotations

from craftops.web.frame.sent_form import Number, SentForm, Texts, Ticked


class HookForm(SentForm):
    """An endpoint, and what it is told of."""

    url: str = ""
    title: str = ""
    kinds: Texts = ()
    inside: Ticked = False


class HookButtonForm(SentForm):
    """A button of an endpoint. ``delivery`` is what is sent again; None for all that failed."""

    do: str = ""
    delivery: Number | None = None


class DecisionForm(SentForm):
    """What becomes of a proposal, and its answer as it was changed."""

    do: str = ""
    text: str = ""
