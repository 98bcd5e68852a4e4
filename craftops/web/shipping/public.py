"""What carriers tell of parcels."""

from __future__ import annotations

import logging

from flask import Blueprint, request

from craftops.errors import AccessError, CraftOpsError
from craftops.sdk.carrier import CarrierWordRejected
from craftops.services.shipping import tracking
from craftops.web.frame.request_context import current_shop, sight
from craftops.web.frame.security import csrf

log = logging.getLogger("craftops.shipping")
hooks = Blueprint("carrier_words", __name__, url_prefix="/webhooks/carriers")


@hooks.post("/<string(minlength=1, maxlength=40):carrier>")
def carrier_word(carrier: str) -> tuple[str, int]:
    """A word from a carrier: stored before it is acknowledged."""
    headers = {key.lower(): value for key, value in request.headers.items()}
    try:
        tracking.take(current_shop(), carrier, request.get_data(), headers, at=sight().now)
    except CarrierWordRejected as error:
        log.warning("a word to /webhooks/carriers/%s was not believed: %s", carrier, error)
        return "", 400
    except CraftOpsError as error:
        if isinstance(error, AccessError):
            raise
        log.warning("a word to /webhooks/carriers/%s was not taken: %s", carrier, error.sentence)
        return "", 503
    return "", 200


csrf.exempt(carrier_word)  # its words are signed
