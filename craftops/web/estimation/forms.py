"""What the forms of estimation send."""

from __future__ import annotations

from typing import Annotated

from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.sent_form import Number, Says, SentForm, Ticked


class StrikeForm(SentForm):
    """A run that is struck out, or put back."""

    run: Annotated[Number, Says(__("Pick a run."))]
    out: Ticked = False
