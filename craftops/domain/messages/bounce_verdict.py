"""Whether what a mail server said means that an address is dead, or that it may work tomorrow."""

from __future__ import annotations

from re import Match

from craftops.domain.messages import bounce_words as words


def is_hard(status: str, said: str, around: str = "") -> bool:
    """Whether what a server said means that an address is dead. What it says weighs more than its number.

    ``around``: more of the report, for what the server's own words leave open.
    """
    soft = words.SOFT.search(said)
    said, around = (words.LINK.sub(" ", text) for text in (said, around))
    if words.GROUPS.search(said) or words.CARRIER_FILTER.search(said):
        return False
    if status in words.HARD_STATUS:
        return not words.FULL.search(said)
    if _is_about_the_mail(status, said, around):
        return False
    nowhere = words.NOWHERE.search(said)
    if status.startswith("5.7.") and words.NOBODY.search(said) and soft is None and not nowhere:
        return True  # some say 5.7.1 of everything that they refuse
    if words.SOFT_STATUS.match(status):
        return bool(nowhere) and status.startswith("4.") and not words.FOR_NOW.search(said.split(" Please ")[0])
    return _is_said(status, said, around, soft)


def _is_said(status: str, said: str, around: str, soft: Match[str] | None) -> bool:
    """The same by the words alone, where the number says nothing. ``soft``: those that speak of a while."""
    nobody = words.NOBODY.search(said) or words.NOWHERE.search(said) or words.MOVED.search(said)
    if nobody is None and soft is None and around not in ("", said):
        return is_hard(status, around)
    if nobody is None or words.FOR_NOW.search(said):
        return False
    return soft is None or nobody.start() < soft.start()


def _is_about_the_mail(status: str, said: str, around: str) -> bool:
    """It was refused for what is in it, once all of it had come: who it was for was fine until then."""
    if words.NOWHERE.search(said) or words.ACCOUNT.search(said) or status.startswith("5.5."):
        return False
    return bool(words.AFTER_DATA.search(said if "RCPT" in said else f"{said}\n{around}"))
