"""For supervisors and proxies: is this process able to serve?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from craftops.store.models import ShopRow
from craftops.web.frame.request_context import current_shop

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 when the database answers. Says nothing about the shop."""
    ShopRow.select().limit(1).exists()
    return jsonify({"status": "ok", "demo": current_shop().is_demo})
