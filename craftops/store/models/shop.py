"""The shop's own profile."""

from __future__ import annotations

from peewee import IntegerField

from craftops.store.models.base import InstantField, JsonField, Row


class ShopRow(Row):
    """The shop's profile; one row."""

    profile = JsonField()
    set_up_at = InstantField(null=True)
    version = IntegerField(default=1)

    class Meta:
        table_name = "shop"
