"""Files that are due: kept by a link from the mail, kept or deleted by staff."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.files.retention import RetentionState
from craftops.errors import AccessError
from craftops.services.files import retention
from craftops.services.people import limits
from craftops.store.views.files import DueFiles
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import actor, current_shop, remote_address, sight

blueprint = Blueprint("keep_files", __name__, url_prefix="/keep-files")
LINK = "/<string(minlength=6, maxlength=160):token>"
ORDER = "/orders/<string(minlength=4, maxlength=12):code>/files"
MOST_MISSES = 60
"""Links that do not exist, of one network address within a quarter of an hour."""


@blueprint.after_request
def keep_to_itself(response: Response) -> Response:
    """The address is the key."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _found(token: str) -> tuple[DueFiles, bool]:
    try:
        return retention.find(current_shop(), token)
    except AccessError:
        limits.count(f"keep-link:{remote_address()}", MOST_MISSES, at=sight().now)
        raise


@blueprint.get(LINK)
def ask_keep(token: str) -> str:
    """What the link would do; looking at it does nothing, so that no scanner of mails keeps anything."""
    row, fresh = _found(token)
    return render_template(
        "portal/keep_files.html",
        title=row.order_title,
        day=labels.day_of_year(row.due_at, sight().profile.zone),
        fresh=fresh,
        gone=row.state == RetentionState.DELETED.value,
        action=url_for("keep_files.keep_them", token=token),
    )


@blueprint.post(LINK)
def keep_them(token: str) -> AnyResponse:
    """A year more."""
    _found(token)
    retention.keep_by_token(current_shop(), token, at=sight().now)
    return redirect(url_for("keep_files.ask_keep", token=token), 303)


def add_to_staff(blueprint: Blueprint) -> None:
    """Register the routes of staff."""
    blueprint.add_url_rule(f"{ORDER}/keep", view_func=keep_order_files, methods=["POST"])
    blueprint.add_url_rule(f"{ORDER}/delete", view_func=delete_order_files, methods=["POST"])


def keep_order_files(code: str) -> AnyResponse:
    """A year more, by staff."""
    retention.keep(code, actor=actor(), at=sight().now)
    flash(_("The files are kept a year more."), "good")
    return redirect(url_for("staff.order", code=code), 303)


def delete_order_files(code: str) -> AnyResponse:
    """Away with what no other order needs."""
    gone = retention.delete(current_shop(), code, actor=actor(), at=sight().now)
    said = ngettext("%(num)d file is deleted.", "%(num)d files are deleted.", gone)
    flash(said if gone else _("Nothing was left that no other order needs."), "good")
    return redirect(url_for("staff.order", code=code), 303)
