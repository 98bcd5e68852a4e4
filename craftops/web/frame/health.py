"""For supervisors and proxies: is this process alive, and is it able to serve?"""

from __future__ import annotations

import os

from flask import Blueprint, Response, jsonify

from craftops.errors import CraftOpsError
from craftops.services.shop.context import Shop
from craftops.store import migrating
from craftops.store.models import ShopRow
from craftops.web.frame.request_context import current_shop

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 when the database answers. Says nothing about the shop."""
    ShopRow.select().limit(1).exists()
    return jsonify({"status": "ok", "demo": current_shop().is_demo})


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 when requests may be sent here: the database fits this program, and files can be stored. Else 503."""
    checks = {"database": _database(), "files": _files(current_shop())}
    ready = set(checks.values()) == {"ok"}
    response = jsonify({"status": "ready" if ready else "not ready", **checks})
    response.status_code = 200 if ready else 503
    return response


def _database() -> str:
    try:
        migrating.must_fit()
    except CraftOpsError:
        return "other schema"
    return "ok"


def _files(shop: Shop) -> str:
    folder = shop.config.data
    return "ok" if os.access(folder, os.W_OK) and os.statvfs(folder).f_bavail else "not writable"
