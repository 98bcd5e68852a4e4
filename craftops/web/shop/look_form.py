"""The theme studio's form: a look from what was sent or from an address, and back to fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from craftops.domain.orders.workflow import Stage
from craftops.domain.shop.look import CHOICES, SENTENCES, ShopLook
from craftops.services.shop.context import Shop
from craftops.web.frame.language.told import told
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext
from craftops.web.frame.views import Choice, FormField
from craftops.web.orders.labels import STAGE_SENTENCES
from craftops.web.shop.forms import LookForm

PARTS = {"theme", "accent", "type", "corners", "room", "logo_sha"}
PAPER = "#f4f2ee"
"""What the field of the paper begins with."""
AS_THEME = lazy_gettext("As the theme has it")
LABELS = {
    "aa": lazy_gettext("Good: 4.5 : 1 (WCAG AA)"),
    "aaa": lazy_gettext("Strong: 7 : 1 (WCAG AAA)"),
    "inter": lazy_gettext("Clear: Inter"),
    "bitter": lazy_gettext("Printed: Bitter over Inter"),
    "nunito": lazy_gettext("Friendly: Nunito"),
    "mono": lazy_gettext("Technical: JetBrains Mono over Inter"),
    "system": lazy_gettext("Of the reader's device"),
    "square": lazy_gettext("Square"),
    "small": lazy_gettext("Slightly round"),
    "medium": lazy_gettext("Round"),
    "round": lazy_gettext("Very round"),
    "compact": lazy_gettext("Much on one page"),
    "normal": lazy_gettext("Normal"),
    "generous": lazy_gettext("Much room"),
}
WORDS = {
    "home": (lazy_gettext("Head of the customer's home"), lazy_gettext("Your orders")),
    "home_lead": (lazy_gettext("Line under it"), ""),
    "mail_close": (lazy_gettext("Last line of every mail"), ""),
}


@dataclass(frozen=True, slots=True)
class LookFields:
    """The fields of ``staff/look.html``, in groups."""

    themes: tuple[Choice, ...]
    colours: tuple[FormField, ...]
    own_ground: bool
    ground: FormField
    shape: tuple[FormField, ...]
    logo: FormField
    words: tuple[FormField, ...]


def read_look(form: LookForm) -> ShopLook:
    """The look that a form or an address describes, unchecked."""
    wants_ground = form.own_ground or not form.model_fields_set & {"own_ground", "ground_shown"}
    words = {name: form.words.get(name, "") for name in SENTENCES}
    return ShopLook(
        **form.model_dump(include=PARTS), target=form.target or "aa", ground=form.ground if wants_ground else "",
        words=words,
    )  # fmt: skip


def fields_of(shop: Shop, look: ShopLook, errors: Mapping[str, str]) -> LookFields:
    """The look as fields, with what is wrong beside each."""

    def field(name: str, label: str, value: str, kind: str, hint: str = "") -> FormField:
        return FormField(name, label, kind, value, hint, errors.get(name, ""), False)

    def select(name: str, label: str, hint: str = "") -> FormField:
        now = getattr(look, name)
        options = tuple(Choice(one, str(LABELS.get(one, AS_THEME)), one == now) for one in CHOICES[name])
        return FormField(name, label, "select", now, hint, errors.get(name, ""), True, options)

    plugins = shop.plugins.theme_plugins
    worn = look.theme or shop.config.document.theme.name
    themes = tuple(
        Choice(one.name, told(one.title), one.name == worn, told(shop.plugins.plugins()[plugins[one.name]].summary))
        for one in shop.plugins.themes.values()
    )
    return LookFields(
        themes=themes,
        colours=(
            field(
                "accent",
                _("Colour of the shop"),
                look.accent,
                "color",
                _("Buttons take it as it is; words in it are made darker or lighter where they must"),
            ),
            select(
                "target",
                _("Contrast of all words"),
                _("Every colour is made for it, so an unreadable page cannot be made"),
            ),
        ),
        own_ground=bool(look.ground),
        ground=field(
            "ground",
            _("Colour of the paper"),
            look.ground or PAPER,
            "color",
            _("Its hue counts; it is light by day and dark by night"),
        ),
        shape=(select("type", _("Letters")), select("corners", _("Corners")), select("room", _("Room"))),
        logo=field("logo", _("Logo"), "", "file", _("PNG or JPEG; stands on every page and on papers")),
        words=tuple(field(f"w_{name}", *_word(name, look)) for name in SENTENCES),
    )


def _word(name: str, look: ShopLook) -> tuple[str, str, str, str]:
    """Label, value, kind and hint of a sentence."""
    if name in WORDS:
        label, usual = WORDS[name]
    else:
        usual = STAGE_SENTENCES[Stage(name)]
        label = lazy_gettext("Instead of: %(sentence)s", sentence=usual)
        usual = ""
    hint = _("If empty: %(sentence)s", sentence=usual) if usual else ""
    return str(label), look.word(name), "text", hint
