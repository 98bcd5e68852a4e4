"""What was done, in words."""

from __future__ import annotations

from flask_babel.speaklater import LazyString

from craftops.domain.events import EventKind
from craftops.domain.people.audit import Deed
from craftops.store.queries.audit import Trace
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __

TITLES: dict[str, LazyString] = {
    Deed.SIGNED_IN: __("Signed in"),
    Deed.SIGN_IN_REFUSED: __("Sign-in refused"),
    Deed.SECOND_REFUSED: __("Second factor refused"),
    Deed.SIGNED_OUT: __("Signed out"),
    Deed.SESSIONS_ENDED: __("Signed out elsewhere"),
    Deed.PASSWORD_CHANGED: __("Password changed"),
    Deed.ADDRESS_CHANGED: __("E-mail address changed"),
    Deed.FACTOR_ON: __("Authenticator app switched on"),
    Deed.FACTOR_OFF: __("Authenticator app switched off"),
    Deed.FACTOR_RESET: __("Second factor reset"),
    Deed.CODES_MADE: __("New recovery codes"),
    Deed.CODE_USED: __("Recovery code used"),
    Deed.PASSKEY_ADDED: __("Passkey added"),
    Deed.PASSKEY_REMOVED: __("Passkey removed"),
    Deed.PASSKEY_COPIED: __("Passkey may have been copied; refused"),
    Deed.IDENTITY_LINKED: __("Single sign-on linked"),
    Deed.IDENTITY_REFUSED: __("Single sign-on refused"),
    Deed.INVITED: __("Invited"),
    Deed.ACCOUNT_MADE: __("Account made"),
    Deed.ROLE_CHANGED: __("Role changed"),
    Deed.SHUT_OUT: __("Shut out"),
    Deed.LET_IN: __("Let in again"),
    Deed.ERASED: __("Customer forgotten"),
    Deed.TOKEN_MADE: __("Token made"),
    Deed.TOKEN_ENDED: __("Token ended"),
    Deed.SETTING_CHANGED: __("Settings changed"),
    Deed.SHOP_CHANGED: __("Shop changed"),
    Deed.CALENDAR_MADE: __("Calendar address made"),
    Deed.CALENDAR_ENDED: __("Calendar address ended"),
    Deed.PLUGINS_CHANGED: __("Plugins installed"),
    Deed.WEBHOOK_CHANGED: __("Webhook changed"),
    Deed.PRICES_CHANGED: __("Prices, tax or terms changed"),
    Deed.EXPORTED: __("Taken out"),
    Deed.IMPORTED: __("Brought in"),
    Deed.BACKUP_MADE: __("Backup made"),
    Deed.BACKUP_KEY_MADE: __("New recovery phrase"),
    Deed.KEYS_ROTATED: __("New keys of the shop"),
    Deed.RESTORED: __("Restored from a backup"),
    Deed.GONE_LIVE: __("Declared the real shop"),
    Deed.DEMO_WIPED: __("Sample data wiped"),
    EventKind.ORDER_STAGE_CHANGED: __("Stage changed"),
    EventKind.ORDER_HELD: __("Put on hold"),
    EventKind.ORDER_RELEASED: __("Hold ended"),
    EventKind.ORDER_CHANGED: __("Order changed"),
    EventKind.QUOTE_CHANGED: __("Quote changed"),
    EventKind.INVOICE_ISSUED: __("Invoice issued"),
    EventKind.PAYMENT_CHANGED: __("Payment changed"),
    EventKind.WITHDRAWAL_CHANGED: __("Withdrawal decided"),
    EventKind.PARCEL_CHANGED: __("Parcel changed"),
    EventKind.PICKUP_CHANGED: __("Pickup changed"),
    EventKind.FILES_DUE: __("Files kept or deleted"),
    EventKind.NEWCOMER_ASKED: __("New customer answered"),
    EventKind.MACHINE_CHANGED: __("Machine changed"),
    EventKind.JOB_CHANGED: __("Job changed"),
    EventKind.JOB_FINISHED: __("Job ended by hand"),
    EventKind.OPERATION_DONE: __("Hand work done"),
    "viewed": __("File seen"),
    "taken": __("File fetched"),
}
GROUPS: dict[str, tuple[LazyString, frozenset[str]]] = {
    "sign_ins": (
        __("Signing in"),
        frozenset({Deed.SIGNED_IN, Deed.SIGNED_OUT, Deed.SIGN_IN_REFUSED, Deed.SECOND_REFUSED, Deed.SESSIONS_ENDED,
                   Deed.CODE_USED, Deed.IDENTITY_REFUSED, Deed.PASSKEY_COPIED}),
    ),
    "people": (
        __("People, keys and tokens"),
        frozenset({Deed.PASSWORD_CHANGED, Deed.ADDRESS_CHANGED, Deed.FACTOR_ON, Deed.FACTOR_OFF, Deed.FACTOR_RESET,
                   Deed.CODES_MADE, Deed.PASSKEY_ADDED, Deed.PASSKEY_REMOVED, Deed.IDENTITY_LINKED, Deed.INVITED,
                   Deed.ACCOUNT_MADE, Deed.ROLE_CHANGED, Deed.SHUT_OUT, Deed.LET_IN, Deed.ERASED, Deed.TOKEN_MADE,
                   Deed.TOKEN_ENDED, Deed.CALENDAR_MADE, Deed.CALENDAR_ENDED, EventKind.NEWCOMER_ASKED}),
    ),
    "settings": (
        __("Settings, prices, plugins"),
        frozenset({Deed.SETTING_CHANGED, Deed.SHOP_CHANGED, Deed.PRICES_CHANGED, Deed.PLUGINS_CHANGED,
                   Deed.WEBHOOK_CHANGED}),
    ),
    "orders": (
        __("Orders by hand"),
        frozenset({EventKind.ORDER_STAGE_CHANGED, EventKind.ORDER_HELD, EventKind.ORDER_RELEASED,
                   EventKind.ORDER_CHANGED, EventKind.WITHDRAWAL_CHANGED, EventKind.PARCEL_CHANGED,
                   EventKind.PICKUP_CHANGED}),
    ),
    "money": (
        __("Money"), frozenset({EventKind.QUOTE_CHANGED, EventKind.INVOICE_ISSUED, EventKind.PAYMENT_CHANGED}),
    ),
    "machines": (
        __("Machines and jobs"),
        frozenset({EventKind.MACHINE_CHANGED, EventKind.JOB_CHANGED, EventKind.JOB_FINISHED, EventKind.OPERATION_DONE}),
    ),
    "files": (__("Design files"), frozenset({"viewed", "taken", EventKind.FILES_DUE})),
    "whole": (
        __("In and out, backups"),
        frozenset({Deed.EXPORTED, Deed.IMPORTED, Deed.BACKUP_MADE, Deed.BACKUP_KEY_MADE, Deed.KEYS_ROTATED,
                   Deed.RESTORED, Deed.GONE_LIVE, Deed.DEMO_WIPED}),
    ),
}  # fmt: skip
"""What the page offers: a title and the words behind it."""


def title_of(one: Trace) -> str:
    """What was done."""
    if one.what == EventKind.PAYMENT_CHANGED and "refund" in one.data:
        return _("Refund")
    if one.what == EventKind.PICKUP_CHANGED and one.data.get("what") == "handed":
        return _("Handed over")
    return str(TITLES[one.what])
