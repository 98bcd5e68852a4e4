"""What the owner keeps in the browser."""

from __future__ import annotations

from peewee import BooleanField, CharField, TextField

from craftops.store.models.base import InstantField, JsonField, Row


class SettingsRow(Row):
    """One version of one topic; the newest counts, and none is ever changed."""

    topic = CharField(index=True, max_length=80)
    body = JsonField(null=True)
    """None: ``shop.toml`` counts again from here on."""
    sealed = JsonField(null=True)
    """Name -> sealed secret."""
    at = InstantField()
    by_name = CharField(max_length=200)
    note = CharField(default="", max_length=200)
    """How it came to be, where somebody did not just type it: an import, an undoing."""

    class Meta:
        table_name = "settings"


class SettingsTrialRow(Row):
    """A test of what is kept: a mail that the shop sends to itself, a plugin that asks its account."""

    topic = CharField(index=True, max_length=80)
    token = CharField(unique=True, max_length=40)
    sent_to = CharField(default="", max_length=255)
    """Of a mail."""
    state = CharField(max_length=10)
    """waiting, sent, good, failed."""
    sentence = TextField(default="")
    by_address = BooleanField(default=False)
    """The mail was known by the address that it came to, and not by its subject alone."""
    at = InstantField()
    sent_at = InstantField(null=True)
    done_at = InstantField(null=True)

    class Meta:
        table_name = "settings_trial"
