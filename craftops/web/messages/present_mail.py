"""The mail settings in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

from flask import url_for

from craftops.services.messages import mail_trial
from craftops.services.shop import plugin_settings
from craftops.services.shop.context import MAIL
from craftops.store.views.shop import SettingsTrial
from craftops.web.files.present_incoming import troubles
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.schema_form import form_fields, secret_hint
from craftops.web.frame.views import FormField
from craftops.web.messages.views_mail import MailPart, MailSettingsPage, MailTrialView
from craftops.web.shop.kept_note import kept_note

OUT, IN = "notify_email", "channel_email"
SHOWN = {
    OUT: ("from_address", "host", "security", "port", "username", "password"),
    IN: ("host", "security", "port", "username", "password", "folder"),
}
REPLY = "reply_address"


def mail_page(
    here: RequestContext, errors: Mapping[str, str], typed: Mapping[str, str] | None = None
) -> MailSettingsPage:
    """The page; ``typed`` is what was typed, where it cannot be kept."""
    shop = here.shop
    row = mail_trial.newest()
    trial = _trial(row, here) if row is not None else None
    value = typed.get(REPLY, "") if typed is not None else shop.mail.reply_address
    hint = _(
        "Where customers' answers arrive: shop+{token}@example.org if your mailbox takes addresses with a +, "
        "{token}@in.example.org for a whole domain, or just the mailbox. Empty: the address that mails come from."
    )
    return MailSettingsPage(
        parts=(
            _part(here, OUT, _("Mail that goes out"), _("The server that takes your mail: SMTP."), errors, typed),
            _part(here, IN, _("Mail that comes in"), _("The mailbox for answers and files: IMAP."), errors, typed),
        ),
        answers=FormField(REPLY, _("Answers go to"), "text", value, hint, errors.get(REPLY, ""), False),
        kept_answers=kept_note(shop, MAIL),
        errors=errors,
        trial=trial,
        troubles=troubles(shop),
        live_url=url_for("live.stream", page="staff/settings") if trial is not None and trial.waiting else "",
        trouble=shop.kept.trouble,
    )  # fmt: skip


def _part(
    here: RequestContext, name: str, title: str, lead: str, errors: Mapping[str, str], typed: Mapping[str, str] | None
) -> MailPart:
    note = kept_note(here.shop, plugin_settings.topic_of(name))
    plugin = here.shop.plugins.plugins().get(name)
    if plugin is None:
        missing = _("The plugin %(name)s is not switched on. Add it to [plugins] enabled in shop.toml.", name=name)
        return MailPart(title, lead, (), note, missing)
    own = {key.removeprefix(f"{name}-"): why for key, why in errors.items() if key.startswith(f"{name}-")}
    known = {one.name for one in fields(type(plugin).settings_type)}
    only = tuple(one for one in SHOWN[name] if one in known)
    values = plugin_settings.kept_of(here.shop, name)
    made = form_fields(type(plugin).settings_type, values, own, typed, only, f"{name}-")
    return MailPart(title, lead, tuple(_in_words(one, name) for one in made), note)


def _in_words(field: FormField, plugin: str) -> FormField:
    """The fields that everybody has to fill in say so in the reader's language."""
    name, kept = field.name.removeprefix(f"{plugin}-"), field.hint == secret_hint()
    words = {
        "from_address": (_("Mails come from"), _("The address that customers see.")),
        "host": (_("Server"), _("Such as smtp.example.org") if plugin == OUT else _("Such as imap.example.org")),
        "security": (
            _("Encryption"),
            _("starttls usually goes with port 587, tls with 465.")
            if plugin == OUT
            else _("tls usually goes with port 993, starttls with 143."),
        ),
        "port": (_("Port"), ""),
        "username": (_("User name"), _("Often the whole address")),
        "password": (_("Password"), field.hint if kept else _("Kept sealed, never shown.")),
        "folder": (_("Folder"), _("Where mails arrive")),
    }  # fmt: skip
    label, hint = words.get(name, (field.label, field.hint))
    return replace(field, label=label, hint=hint, required=name not in ("username", "password"))


def _trial(row: SettingsTrial, here: RequestContext) -> MailTrialView:
    to = {"address": row.sent_to}
    if row.state == mail_trial.FAILED:
        return MailTrialView(_("It did not go out"), row.sentence, "bad", row.at, False)
    if row.state == mail_trial.GOOD:
        took = max(1, round(((row.done_at or row.at) - row.at).total_seconds()))
        how = (
            _("It was known by the address %(address)s, so that answers find their order by it.", **to)
            if row.by_address
            else _(
                "It came to a plain mailbox. Answers find their order by what mail programs say they answer to, and by "
                "its code in the subject."
            )
        )
        return MailTrialView(_("It went out and came back after %(n)s s", n=took), how, "good", row.at, False)
    if row.state == mail_trial.WAITING:
        return MailTrialView(_("It is on its way out"), _("To %(address)s.", **to), "", row.at, True)
    if not here.shop.plugins.intake_channels:
        said = _("It was sent to %(address)s. Whether it arrived nobody can see: no mailbox is read here.", **to)
        return MailTrialView(_("It went out"), said, "warn", row.at, False)
    if here.now - row.at < mail_trial.PATIENCE:
        said = _("It was sent to %(address)s, and we look for it in the mailbox.", **to)
        return MailTrialView(_("It went out"), said, "", row.at, True)
    said = _(
        "It was sent to %(address)s, and is not in the mailbox. Look into its folder for spam, and whether this "
        "address leads to the mailbox that is read here. A mailbox that knows no addresses with + takes a plain one.",
        **to,
    )  # fmt: skip
    return MailTrialView(_("It went out, and has not come back"), said, "warn", row.at, False)
