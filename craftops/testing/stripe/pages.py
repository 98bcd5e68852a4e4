"""The hosted pay page: plain HTML, without JavaScript, in English and German."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from craftops.testing.stripe.amounts import shown
from craftops.testing.stripe.objects import Thing
from craftops.testing.stripe.paying import FAILING_DEBIT, GOOD_DEBIT

GERMAN = {
    "Local Stripe, no real money": "Lokales Stripe, kein echtes Geld",
    "Pay": "Bezahlen",
    "Pay by card": "Mit Karte zahlen",
    "Card number": "Kartennummer",
    "E-mail": "E-Mail",
    "Pay by bank debit": "Per Lastschrift zahlen",
    "Cancel and go back": "Abbrechen und zurück",
    "Your bank asks": "Ihre Bank fragt",
    "Do you confirm this payment?": "Bestätigen Sie diese Zahlung?",
    "Yes, pay": "Ja, bezahlen",
    "No": "Nein",
    "Nobody can pay here any more": "Hier kann niemand mehr zahlen",
    "This payment is over. Go back to the shop.": "Diese Zahlung ist beendet. Gehen Sie zurück zum Shop.",
    "There is nothing here": "Hier ist nichts",
    "No payment has this address.": "Keine Zahlung hat diese Adresse.",
    "Cards to try": "Karten zum Ausprobieren",
    "pays": "zahlt",
    "is declined": "wird abgelehnt",
    "has too little money": "hat zu wenig Geld",
    "the bank asks first": "die Bank fragt nach",
    "is disputed afterwards": "wird danach zurückgefordert",
    "its refund takes a while": "ihre Erstattung dauert",
    "its refund fails": "ihre Erstattung scheitert",
    "The money arrives, or comes back, some time later.": "Das Geld kommt später an oder zurück.",
    "arrives": "kommt an",
    "comes back": "kommt zurück",
    "This is no card number.": "Das ist keine Kartennummer.",
    "This is no IBAN.": "Das ist keine IBAN.",
    "The card was declined.": "Die Karte wurde abgelehnt.",
    "The card has too little money on it.": "Auf der Karte ist zu wenig Geld.",
    "The card has expired.": "Die Karte ist abgelaufen.",
    "The security code is wrong.": "Die Prüfnummer ist falsch.",
    "Something went wrong at the bank. Try again.": "Bei der Bank ging etwas schief. Versuchen Sie es noch einmal.",
    "The bank could not confirm that it is you. Choose another way to pay.": (
        "Die Bank konnte die Zahlung nicht bestätigen. Zahlen Sie auf einem anderen Weg."
    ),
}
CARDS = (
    ("4242 4242 4242 4242", "pays"),
    ("4000 0000 0000 0002", "is declined"),
    ("4000 0000 0000 9995", "has too little money"),
    ("4000 0027 6000 3184", "the bank asks first"),
    ("4000 0000 0000 0259", "is disputed afterwards"),
    ("4000 0000 0000 7726", "its refund takes a while"),
    ("4000 0000 0000 5126", "its refund fails"),
)
STYLE = """
:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--ink:#1b1f29;--soft:#565d6c;--line:#c9ced8;--act:#4b44c8;--on:#fff;--bad:#a31515}
@media (prefers-color-scheme:dark){:root{--ground:#14161b;--card:#1e2129;--ink:#eceef3;--soft:#a8afbd;--line:#434956;--act:#9d97ff;--on:#14161b;--bad:#ff9a9a}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:30rem;margin:0 auto;padding:1.5rem 1rem 3rem}section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.25rem;margin:0 0 1rem}
h1{font-size:1rem;font-weight:500;margin:0;color:var(--soft)}h2{font-size:1.05rem;margin:0 0 .75rem}.sum{font-size:2rem;font-weight:650;margin:.1rem 0 1.25rem}
.mode{font-size:.875rem;color:var(--soft);margin:0 0 1rem}label{display:block;margin:0 0 .75rem}
input{display:block;width:100%;margin-top:.25rem;padding:.6rem .7rem;font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px}
button{width:100%;padding:.7rem;font:inherit;font-weight:600;border:0;border-radius:6px;background:var(--act);color:var(--on);cursor:pointer}
button.quiet{background:none;color:var(--act);border:1px solid var(--line);margin-top:.5rem}:focus-visible{outline:3px solid var(--act);outline-offset:2px}
details,button+p,form+p{margin:1rem 0 0}summary{cursor:pointer}form+.mode{margin-top:1rem}.bad{color:var(--bad);font-weight:600}dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem .75rem;font-size:.875rem;color:var(--soft);margin:.75rem 0 0}dd{margin:0}
dt{font-variant-numeric:tabular-nums}a{color:var(--act)}
""".strip()


def pay_page(session: Thing, lines: list[Thing], error: str = "") -> str:
    """Where the payer chooses."""
    say = _words(session)
    known = session["customer_email"]
    mail = (
        ""
        if known
        else f'<label>{say("E-mail")}<input name="email" type="email" autocomplete="email" required></label>'
    )
    parts = [_head(session, lines, say)]
    if error:
        parts.append(f'<p class="bad" role="alert">{say(error)}</p>')
    if "card" in session["payment_method_types"]:
        tries = "".join(f"<dt>{number}</dt><dd>{say(what)}</dd>" for number, what in CARDS)
        parts.append(
            f'<section><h2>{say("Pay by card")}</h2><form method="post" action="/c/pay/{session["id"]}/card">{mail}'
            f'<label>{say("Card number")}<input name="number" inputmode="numeric" autocomplete="cc-number" required '
            f'value="4242 4242 4242 4242"></label><button>{say("Pay")} {_sum(session)}</button></form>'
            f"<details><summary>{say('Cards to try')}</summary><dl>{tries}</dl></details></section>"
        )
    if "sepa_debit" in session["payment_method_types"] and session["currency"] == "eur":
        tries = f"<dt>{GOOD_DEBIT}</dt><dd>{say('arrives')}</dd><dt>{FAILING_DEBIT}</dt><dd>{say('comes back')}</dd>"
        parts.append(
            f'<section><h2>{say("Pay by bank debit")}</h2><form method="post" action="/c/pay/{session["id"]}/debit">'
            f'{mail}<label>IBAN<input name="iban" required value="{GOOD_DEBIT}"></label>'
            f"<button>{say('Pay')} {_sum(session)}</button></form>"
            f"<p class='mode'>{say('The money arrives, or comes back, some time later.')}</p><dl>{tries}</dl></section>"
        )
    if session["cancel_url"]:
        parts.append(f'<p><a href="{escape(session["cancel_url"])}">{say("Cancel and go back")}</a></p>')
    return _page("".join(parts), say("Pay"), session)


def bank_page(session: Thing, lines: list[Thing]) -> str:
    """The bank's question (3-D Secure)."""
    say = _words(session)
    action = f'action="/c/pay/{session["id"]}/bank"'
    return _page(
        f"{_head(session, lines, say)}<section><h2>{say('Your bank asks')}</h2><p>{say('Do you confirm this payment?')}</p>"
        f'<form method="post" {action}><button name="agreed" value="yes">{say("Yes, pay")}</button>'
        f'<button class="quiet" name="agreed" value="no">{say("No")}</button></form></section>',
        say("Your bank asks"),
        session,
    )


def over_page(session: Thing | None) -> str:
    """For a session where nobody can pay any more, or that never was."""
    say = _words(session)
    if session is None:
        missing = say("There is nothing here")
        return _page(f"<h2>{missing}</h2><p>{say('No payment has this address.')}</p>", missing, None)
    back = escape(session["cancel_url"] or session["success_url"])
    words, title = say("This payment is over. Go back to the shop."), say("Nobody can pay here any more")
    return _page(f'<h2>{title}</h2><p><a href="{back}">{words}</a></p>', title, session)


def _is_german(session: Thing | None) -> bool:
    return bool(session and (session["locale"] or "").startswith("de"))


def _words(session: Thing | None) -> Callable[[str], str]:
    return (lambda text: GERMAN[text]) if _is_german(session) else str


def _sum(session: Thing) -> str:
    text = shown(session["amount_total"], session["currency"])
    return escape(text.replace(".", ",") if _is_german(session) else text)


def _head(session: Thing, lines: list[Thing], say: Callable[[str], str]) -> str:
    title = escape(", ".join(one["description"] for one in lines))
    mail = f'<p class="mode">{escape(session["customer_email"])}</p>' if session["customer_email"] else ""
    return f'<h1>{title}</h1><p class="sum">{_sum(session)}</p>{mail}'


def _page(body: str, title: str, session: Thing | None) -> str:
    language = "de" if _is_german(session) else "en"
    mode = _words(session)("Local Stripe, no real money")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f'<body><main><p class="mode">{mode}</p>{body}</main></body></html>'
    )
