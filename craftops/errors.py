"""The one exception tree. A family says what its reader should do.

::

    CraftOpsError
    ├── ConfigError          the operator edits the file; every fault at once, with file and key
    ├── PluginError          the operator mends or disables the plugin that is named
    ├── RuleError            409: why not, and what is possible instead
    │   ├── IllegalMove      a state machine said no
    │   ├── WrongOffset      a piece of an upload does not begin where the last one ended
    │   ├── UploadBusy       423: somebody else is writing to it at this moment
    │   └── TooManyTries     429: it works again in some minutes
    ├── LeaseLost            another process does this by now: stop, and begin as one that waits
    ├── AccessError          404 to a customer for what is not theirs; 403 to staff
    ├── SignInRefused        the same sentence for every cause, so that nothing is given away
    ├── IntakeError          422: a file or a form we cannot take, with findings
    │   ├── UploadDamaged    460: a piece of an upload is not what its checksum says
    │   └── UploadTooLong    413: more bytes than were announced
    └── OutsideError         something beyond our walls
        ├── Unreachable          try again later, by itself
        │   └── HeldBack         this is a restored copy: nothing goes out until its owner says that it is the shop
        ├── Unsure               it may have happened: ask before anything else is done
        ├── Refused              a human must decide; do not retry
        ├── CredentialsRejected  tell staff once, stop trying
        └── NotUnderstood        keep the raw answer, keep the last good state

Every error carries a ``sentence`` fit for the person who meets it: no jargon, no traceback.
"""

from __future__ import annotations

from collections.abc import Sequence


class CraftOpsError(Exception):
    """Root of everything that CraftOps raises on purpose."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ConfigError(CraftOpsError):
    """The configuration cannot be used; ``faults`` lists every fault found, one line each."""

    def __init__(self, sentence: str, faults: Sequence[str] = ()) -> None:
        super().__init__("\n".join([sentence, *(f"  - {fault}" for fault in faults)]))
        self.faults = tuple(faults)


class PluginError(CraftOpsError):
    """A plugin is unknown, broken at import, or broke a promise; ``plugin`` names it."""

    def __init__(self, sentence: str, plugin: str) -> None:
        super().__init__(sentence)
        self.plugin = plugin


class RuleError(CraftOpsError):
    """A rule of the shop says no. ``instead`` says what is possible."""

    def __init__(self, sentence: str, instead: str = "") -> None:
        super().__init__(sentence)
        self.instead = instead


class IllegalMove(RuleError):
    """A state machine refused a step."""


class WrongOffset(RuleError):
    """A piece of an upload begins elsewhere than where we are; ``offset`` in bytes is where to go on."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"The next piece must begin at byte {offset}.", "Ask where the upload is, and go on there.")
        self.offset = offset


class UploadBusy(RuleError):
    """Another request is writing to the same upload."""

    def __init__(self) -> None:
        super().__init__("Another window is sending this file.", "Wait a moment and go on.")


class TooManyTries(RuleError):
    """So often in so short a time is not what people do."""

    def __init__(self, sentence: str = "That was too often in a short time.") -> None:
        super().__init__(sentence, "Wait a quarter of an hour, then try again.")


class LeaseLost(CraftOpsError):
    """Another process has taken over what this one did, perhaps on another host; ``name`` says what."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Another process does the work of the {name} by now.")
        self.name = name


class AccessError(CraftOpsError):
    """The actor may not see or do this."""

    def __init__(self, sentence: str = "There is nothing here.") -> None:
        super().__init__(sentence)


class SignInRefused(CraftOpsError):
    """Sign-in did not succeed. The sentence never says which part was wrong."""


class IntakeError(CraftOpsError):
    """Input from a person or another program that we cannot take; ``fields`` maps field -> sentence."""

    def __init__(self, sentence: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.fields = dict(fields or {})


class UploadDamaged(IntakeError):
    """A piece of an upload was changed on its way; nothing of it is kept."""

    def __init__(self) -> None:
        super().__init__("A piece of the file was damaged on its way. Send that piece again.")


class UploadTooLong(IntakeError):
    """More bytes came than were announced; nothing of that piece is kept."""

    def __init__(self) -> None:
        super().__init__("There are more bytes than were announced. Choose the file again.")


class OutsideError(CraftOpsError):
    """Something beyond our walls (machine, mail server, broker) did not do its part."""


class Unreachable(OutsideError):
    """No answer; trying again later is right."""


class HeldBack(Unreachable):
    """This shop is a restored copy, and does nothing outside until its owner says that it is the real one."""

    def __init__(self) -> None:
        super().__init__(
            "This is a restored copy of the shop. Nothing goes out until the owner says it is the real one."
        )


class Unsure(OutsideError):
    """Asked, and no answer came: it may have been done. Look before asking again."""


class Refused(OutsideError):
    """It answered no; trying again would get the same answer."""


class NoSuchPath(Refused):
    """It answers, and has nothing at this path (HTTP 404)."""


class CredentialsRejected(OutsideError):
    """It does not accept our credentials; tell staff once and stop."""


class NotUnderstood(OutsideError):
    """It answered something that breaks its contract; ``raw`` keeps the first 2,000 characters."""

    def __init__(self, sentence: str, raw: str = "") -> None:
        super().__init__(sentence)
        self.raw = raw[:2000]
