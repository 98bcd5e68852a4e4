"""Health, readiness and figures: what a monitor reads, and who may."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from peewee import OperationalError
from prometheus_client.parser import text_string_to_metric_families

from craftops.domain.people.access import Scope
from craftops.domain.shop.profile import ShopProfile
from craftops.services.people import accounts
from craftops.services.shop import epochs
from craftops.store.database import utcnow
from craftops.store.models import OrderRow, database
from craftops.testing import Workshop

LOOPBACK = "[server]\nmetrics_on_loopback = true\n"


def bearer(*scopes: Scope, customer: object = None) -> dict[str, str]:
    token = accounts.create_token("monitor", frozenset(scopes), at=utcnow(), customer=customer)  # type: ignore[arg-type]
    return {"Authorization": f"Bearer {token}"}


def read(text: str) -> dict[str, float]:
    return {
        " ".join([sample.name, *(f"{key}={value}" for key, value in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_token_reads_what_the_shop_is_about(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    workshop.accept(workshop.place("ada"), "printer-1")
    client = workshop.app.test_client()
    headers = bearer(Scope.METRICS_READ)
    client.get("/metrics", headers=headers)
    answer = client.get("/metrics", headers=headers)
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    found = read(answer.get_data(as_text=True))
    assert found["craftops_orders stage=queued"] == 1
    assert found["craftops_jobs state=queued"] == 1
    assert found["craftops_machines online=no state=unknown"] == 1
    assert found["craftops_backup_last_good_timestamp_seconds"] == 0
    assert found["craftops_copy"] == 0
    assert found["craftops_http_answers_total endpoint=metrics.metrics status=2xx"] == 1
    assert found["craftops_disk_free_bytes"] > 0
    assert found["process_open_fds"] > 0
    epochs.open_epoch("x", at=utcnow())
    assert read(client.get("/metrics", headers=headers).get_data(as_text=True))["craftops_copy"] == 1


def test_nothing_in_it_names_a_customer_or_an_order(workshop: Workshop) -> None:
    order = workshop.place("ada")
    workshop.browser("ada").see(f"/orders/{order.code}")
    text = workshop.app.test_client().get("/metrics", headers=bearer(Scope.METRICS_READ)).get_data(as_text=True)
    for word in (order.code, "ada@", "Ada", order.title):
        assert word not in text


def test_who_has_no_token_for_it_reads_nothing(workshop: Workshop) -> None:
    client = workshop.app.test_client()
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer craftops_wrong"}).status_code == 401
    assert client.get("/metrics", headers=bearer(Scope.ORDERS_READ)).status_code == 403
    of_ada = bearer(Scope.METRICS_READ, customer=workshop.people["ada"])
    assert client.get("/metrics", headers=of_ada).status_code in (403, 404)
    assert workshop.browser("olga").get("/metrics").status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_a_neighbour_reads_it_where_the_operator_says_so_and_never_through_a_proxy(
    make_workshop: Callable[..., Workshop], header: str
) -> None:
    workshop = make_workshop(LOOPBACK)
    workshop.open(ShopProfile(name="Werk"))
    client = workshop.app.test_client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 401
    far = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/metrics", environ_base=far).status_code == 401


def test_ready_means_that_the_database_fits_and_files_can_be_stored(workshop: Workshop) -> None:
    client = workshop.app.test_client()
    assert client.get("/readyz").get_json() == {"status": "ready", "database": "ok", "files": "ok"}
    assert OrderRow.select().count() == 0
    database.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01 00:00:00')")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["database"]) == (503, "other schema")
    assert client.get("/healthz").status_code == 200
    database.execute_sql("DELETE FROM schema_migration WHERE name = '9999_future'")


def test_a_supervisor_hears_at_once_and_hears_when_the_database_is_silent(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = workshop.app.test_client()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok", "demo": False})
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.head("/healthz").data == b""
    assert client.post("/healthz").status_code in (400, 404)

    def silent(*_args: object) -> None:
        raise OperationalError("no such host")

    monkeypatch.setattr(database.obj, "execute_sql", silent)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (503, {"status": "no database"})
