"""Pages that plugins bring: one route for the floor and one for customers, so that none of them can be hidden."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import AccessError, CraftOpsError, IntakeError, RuleError
from craftops.plugin_host.calls import TookTooLong
from craftops.plugin_host.host import PluginHost
from craftops.sdk.pages import Audience, OwnPage, PageAnswer, PageRequest
from craftops.web.frame.capability import MenuEntry
from craftops.web.frame.one_time import only_once
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.sent_form import typed


def add_to_floor(blueprint: Blueprint) -> None:
    """Register the route for people who work here."""
    blueprint.add_url_rule("/x/<plugin>/<page>", view_func=staff_page, methods=["GET", "POST"])


def add_to_portal(blueprint: Blueprint) -> None:
    """Register the route for customers."""
    blueprint.add_url_rule("/x/<plugin>/<page>", view_func=customer_page, methods=["GET", "POST"])


def staff_page(plugin: str, page: str) -> AnyResponse | tuple[str, int]:
    """A page for people who work here, or for the owner alone."""
    found = _find(plugin, page, Audience.STAFF, Audience.OWNER)
    if found.audience is Audience.OWNER:
        actor().must_be_owner()
    return _answer(plugin, found, "staff.staff_page")


def customer_page(plugin: str, page: str) -> AnyResponse | tuple[str, int]:
    """A page for whoever is signed in."""
    return _answer(plugin, _find(plugin, page, Audience.CUSTOMER), "portal.customer_page")


def menu(host: PluginHost) -> list[MenuEntry]:
    """Places in the staff's menu that plugins ask for, behind those of CraftOps."""
    links = [
        MenuEntry("", one.title, one.icon, "", 91, owner_only=one.owner_only, address=one.address)
        for one in host.gather("staff_menu")
    ]
    return links + [
        MenuEntry(
            "staff.staff_page", page.title, page.icon, "", 90, owner_only=page.audience is Audience.OWNER,
            arguments={"plugin": plugin, "page": page.name},
        )
        for (plugin, _name), page in host.pages.items()
        if page.icon and page.audience is not Audience.CUSTOMER
    ]  # fmt: skip


def _find(plugin: str, page: str, *audiences: Audience) -> OwnPage:
    found = current_shop().plugins.pages.get((plugin, page))
    if found is None or found.audience not in audiences:
        raise AccessError
    return found


def _answer(plugin: str, page: OwnPage, endpoint: str) -> AnyResponse | tuple[str, int]:
    asked = PageRequest(request.method, request.args.to_dict(), typed().to_dict(), actor(), sight().now)
    try:
        answer, status = _asked(plugin, page, asked), 200
    except (IntakeError, RuleError) as error:
        answer, status = _asked(plugin, page, _as_get(asked)), 422
        return _shown(plugin, page, answer, error.sentence), status
    if answer.fault:
        status = 422
    elif request.method == "POST":
        if answer.said:
            flash(answer.said, "good")
        return redirect(url_for(endpoint, plugin=plugin, page=page.name), 303)
    return _shown(plugin, page, answer, answer.fault), status


def _as_get(asked: PageRequest) -> PageRequest:
    return PageRequest("GET", asked.query, {}, asked.actor, asked.at)


def _asked(plugin: str, page: OwnPage, asked: PageRequest) -> PageAnswer:
    """What the plugin says, in time. Raises IntakeError and RuleError as it does; anything else is its failure."""
    host = current_shop().plugins
    try:
        return host.run(
            plugin, f"page {page.name}", lambda: _checked(page.answer(asked)), host.question_s, (IntakeError, RuleError)
        )
    except (IntakeError, RuleError):
        raise
    except TookTooLong:
        raise CraftOpsError(f"The page {page.title} takes too long.") from None
    except (Exception, SystemExit) as error:
        raise CraftOpsError(f"The page {page.title} does not work.") from error


def _checked(answer: object) -> PageAnswer:
    if not isinstance(answer, PageAnswer):
        raise TypeError(f"it answered {type(answer).__name__}, a PageAnswer was asked for")
    return answer


def _shown(plugin: str, page: OwnPage, answer: PageAnswer, fault: str) -> str:
    only_once()
    if fault:
        flash(fault, "bad")
    return render_template(f"plugins/{plugin}/{page.name}.html", **{**answer.values, "page_title": page.title})
