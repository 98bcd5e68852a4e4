"""Opening strangers' files: in a child that can be killed, without network, within limits."""

from craftops.sandbox.limits import Limits
from craftops.sandbox.runner import analyse, close, mend

__all__ = ["Limits", "analyse", "close", "mend"]
