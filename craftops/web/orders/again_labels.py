"""What became of a line, in words."""

from __future__ import annotations

from craftops.domain.orders.reorder import AgainOutcome, WhyNotSame
from craftops.domain.shop.catalogue import Catalogue
from craftops.services.orders.reordering import PastPart
from craftops.web.frame.language.told import told
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.views import Chip

CHIPS = {
    AgainOutcome.SAME: (__("the same"), "good", "circle-check"),
    AgainOutcome.CHANGED: (__("changed"), "warn", "alert-triangle"),
    AgainOutcome.IMPOSSIBLE: (__("not possible"), "bad", "ban"),
}

SENTENCES = {
    WhyNotSame.FILE_GONE: __("We do not keep its file any more. Send it again as a new order."),
    WhyNotSame.FILE_REFUSED: __("Nothing can be made of its file by today's checks. Send a mended one."),
    WhyNotSame.FILE_ELSEWHERE: __("Its file belongs to your company by now. Order it from an order of the company."),
    WhyNotSame.MATERIAL_GONE: __("We do not offer %(material)s any more."),
    WhyNotSame.COLOUR_GONE: __("%(material)s does not come in %(colour)s any more."),
    WhyNotSame.FINISH_GONE: __("%(material)s cannot be had %(finish)s any more."),
    WhyNotSame.COLOUR_NOT_ASKED: __("%(material)s has no colours to choose from now."),
    WhyNotSame.FINISH_NOT_ASKED: __("%(material)s has no finishes to choose from now."),
    WhyNotSame.PRICE_UP: __("It costs %(amount)s more than last time."),
    WhyNotSame.PRICE_DOWN: __("It costs %(amount)s less than last time."),
}


def outcome_chip(outcome: AgainOutcome) -> Chip:
    word, tone, icon = CHIPS[outcome]
    return Chip(str(word), tone, icon)


def why_sentence(why: WhyNotSame, part: PastPart, catalogue: Catalogue, amount: str) -> str:
    """Why a line is not the same, for its customer. ``amount``: the difference of its price."""
    row = part.row
    material, finish = catalogue.material_of(row), catalogue.finish_of(row)
    named = material.label if material else row.material
    finished = finish.label if finish else row.finish
    of = {"material": named, "colour": told(row.colour), "finish": _lower(finished), "amount": amount}
    if why is WhyNotSame.COLOUR_GONE and not row.colour:
        return _("%(material)s comes in several colours now.", **of)
    if why is WhyNotSame.FINISH_GONE and not row.finish:
        return _("%(material)s comes in several finishes now.", **of)
    return str(SENTENCES[why]) % of


def _lower(text: str) -> str:
    """A finish in the middle of a sentence: "sanded"; "RAL 9005" stays."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
