"""GET /health: open, shallow, and honest about what is away."""

import socket

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client, override_settings

from fleet.models import Worker
from metabuilder.console import health
from metabuilder.kernel.clock import now

pytestmark = pytest.mark.django_db


def worker(*queues: str) -> None:
    at = now()
    Worker.objects.create(name=str(queues), host="h", pid=1, queues=list(queues), version="4", started_at=at, heartbeat_at=at)


def test_it_needs_no_token_and_counts_live_workers_by_queue() -> None:
    for queues in (("cpu",), ("cpu", "io"), ("llm",)):
        worker(*queues)
    response = Client().get("/health")
    assert response.status_code == 200
    document = response.json()
    assert (document["status"], document["degraded"]) == ("ok", False)
    assert document["queues"] == {"cpu": 2, "io": 1, "llm": 1}
    assert {check["name"]: check["status"] for check in document["checks"]} == {"database": "pass", "broker": "pass", "workers": "pass"}


def test_a_queue_without_a_worker_is_degraded_and_still_200() -> None:
    worker("cpu", "io")
    response = Client().get("/health")
    assert response.status_code == 200
    assert (response.json()["status"], response.json()["degraded"]) == ("degraded", True)
    assert "llm" in response.json()["checks"][-1]["observed"]


def test_a_broker_that_is_away_is_503() -> None:
    with socket.socket() as taken:  # bound and not listening: nobody answers here
        taken.bind(("127.0.0.1", 0))
        with override_settings(CELERY_BROKER_URL=f"redis://127.0.0.1:{taken.getsockname()[1]}/0"):
            response = Client().get("/health")
    assert response.status_code == 503
    assert {"name": "broker", "status": "fail", "observed": "does not answer"} in response.json()["checks"]


def test_a_database_that_is_away_is_503_and_tells_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def cursor(self) -> None:
            raise OperationalError(f"connection refused for {settings.DATABASES['default']['PASSWORD']}")

    monkeypatch.setattr(health, "connection", Away())
    response = Client().get("/health")
    assert response.status_code == 503
    assert response.json()["queues"] is None
    assert "refused" not in response.content.decode()


def test_it_is_for_looking_only() -> None:
    assert Client().post("/health").status_code == 405


def test_metrics_are_served() -> None:
    response = Client().get("/metrics")
    assert response.status_code == 200
    assert b"meta_builder_v4_throttle_failed_open_total" in response.content


def test_the_front_door_leads_to_the_admin() -> None:
    assert Client().get("/")["Location"] == "/admin/"
