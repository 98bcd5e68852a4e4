"""``/metrics`` in Prometheus' words: the shop in numbers, and how its pages are answered.

For a token with the scope ``metrics:read``; where the operator says so, also for programs of this very computer.
"""

from __future__ import annotations

import ipaddress
import shutil
import time
from collections.abc import Iterable, Iterator

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from craftops import __version__
from craftops.domain.people.access import Scope
from craftops.errors import AccessError
from craftops.services.people import accounts
from craftops.services.shop import epochs
from craftops.services.shop.context import Shop
from craftops.store.database import connected, utcnow
from craftops.store.queries.metrics import ShopFigures, figures
from craftops.web.frame import problems
from craftops.web.frame.request_context import current_shop

blueprint = Blueprint("metrics", __name__)
EXTENSION = "craftops.metrics"
COUNTED = "craftops.counted"
"""Where the environ of a request has what its answer was counted by."""
Counted = tuple[Counter, Histogram]
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")
"""What proxies add: a request that carries one of them does not come from this computer, whatever its peer."""


@blueprint.get("/metrics")
def metrics() -> Response:
    """All figures as text."""
    if not _is_neighbour():
        kind, _space, token = request.headers.get("Authorization", "").partition(" ")
        actor = accounts.actor_of_token(token.strip(), at=utcnow()) if kind.lower() == "bearer" else None
        if actor is None:
            answer = problems.answer(401, "Send a token: Authorization: Bearer craftops_…")
            answer.headers["WWW-Authenticate"] = 'Bearer realm="craftops"'
            return answer
        if not actor.is_staff:
            raise AccessError
        try:
            actor.must_have(Scope.METRICS_READ)
        except AccessError as error:
            return problems.answer(403, error.sentence)
    registry: CollectorRegistry = current_app.extensions[EXTENSION]
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


def _is_neighbour() -> bool:
    """Whether a program of this computer asks, straight and not through a proxy, where the operator allows it."""
    if not current_shop().config.document.server.metrics_on_loopback:
        return False
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


class _ShopCollector(Collector):
    """Asks the database when it is asked."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        with connected():
            found, copy = figures(utcnow()), epochs.is_copy()
        yield _labelled("craftops_info", "The version that runs.", ["version"], [([__version__], 1)])
        yield _gauge("craftops_copy", "1 for a restored copy that does nothing outside.", int(copy))
        yield from _counts(found)
        yield _gauge("craftops_work_overdue_seconds", "How long the oldest due work has waited.", found.overdue_s)
        yield _gauge("craftops_file_bytes", "Bytes of all stored files.", found.file_bytes)
        free = shutil.disk_usage(self._shop.config.data).free
        yield _gauge("craftops_disk_free_bytes", "Room on the disk of the data folder.", free)
        when = found.last_good_backup.timestamp() if found.last_good_backup else 0
        yield _gauge(
            "craftops_backup_last_good_timestamp_seconds", "When the last good backup began; 0 for none.", when
        )
        yield _gauge("craftops_backup_failed", "1 when the newest backup failed.", int(found.last_backup_failed))
        failures = CounterMetricFamily("craftops_plugin_failures", "How often a plugin raised.", labels=["plugin"])
        for name, count in self._shop.plugins.failures.items():
            failures.add_metric([name], count)
        yield failures


def _counts(found: ShopFigures) -> Iterator[Metric]:
    for name, help_, by, counted in (
        ("craftops_orders", "Orders by stage.", "stage", found.orders),
        ("craftops_jobs", "Jobs by state.", "state", found.jobs),
        ("craftops_notices", "Notices by what became of them.", "state", found.notices),
        ("craftops_work", "Pieces of work by state; failed ones wait for a person.", "state", found.work),
    ):
        yield _labelled(name, help_, [by], [([key], count) for key, count in sorted(counted.items())])
    machines = [([state, "yes" if online else "no"], n) for (state, online), n in sorted(found.machines.items())]
    yield _labelled("craftops_machines", "Machines in service.", ["state", "online"], machines)


def _gauge(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_, value=value)


def _labelled(name: str, help_: str, labels: list[str], rows: Iterable[tuple[list[str], float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def install(app: Flask, shop: Shop) -> None:
    """Count every answer, by endpoint and never by address: codes and tokens stand in addresses."""
    registry = CollectorRegistry()
    app.extensions[EXTENSION] = registry
    ProcessCollector(registry=registry)
    registry.register(_ShopCollector(shop))
    answered = Counter(
        "craftops_http_answers", "Answers of the pages and the API.", ["endpoint", "status"], registry=registry
    )
    took = Histogram("craftops_http_seconds", "How long they took.", ["endpoint"], buckets=BUCKETS, registry=registry)

    counted: dict[tuple[str, int], Counted] = {}

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        key = (request.endpoint or "none", response.status_code // 100)
        known = counted.get(key)
        if known is None:
            known = counted[key] = (answered.labels(key[0], f"{key[1]}xx"), took.labels(key[0]))
        known[0].inc()
        request.environ[COUNTED] = known
        began = g.get("began")
        if began is not None:
            known[1].observe(time.perf_counter() - began)
        return response
