"""Opening strangers' files: in a child that can be killed, without network, within limits."""

from craftops.sandbox.limits import SandboxLimits
from craftops.sandbox.runner import analyse, close, mend

__all__ = ["SandboxLimits", "analyse", "close", "mend"]
