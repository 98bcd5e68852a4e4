"""What must be another in every answer: the nonce of its policy, and the keys by which a form that is sent twice does
once what it wants.

An answer that was made before is given again for a second (``microcache``): it gets fresh keys there, or is not given
again at all.
"""

from __future__ import annotations

import secrets

from flask import has_request_context, request

KEYS = "craftops.one_time_keys"
"""Where the environ of a request has the keys that its answer holds."""
ONCE = "craftops.once"
"""Set there: this answer is not given again."""
BYTES = 16


def fresh_key() -> str:
    """128 bits, in hexadecimal digits."""
    return secrets.token_hex(BYTES)


def one_time_key() -> str:
    """A key of the page that is being made."""
    key = fresh_key()
    if has_request_context():
        request.environ.setdefault(KEYS, []).append(key)
    return key


def only_once() -> None:
    """This answer is for this request alone: somebody else has a hand in it, who may put keys of their own there."""
    if has_request_context():
        request.environ[ONCE] = True
