"""GET /health: open and shallow."""

from typing import Any

import structlog
from celery import current_app
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from kombu.exceptions import OperationalError

from fleet.selectors import live_queues
from metabuilder.settings.limits import QUEUES

log = structlog.get_logger(__name__)


def health(request: HttpRequest) -> JsonResponse:
    """200 while the platform can take and do work, else 503; `degraded` while a queue has no live worker."""
    checks: list[dict[str, Any]] = [_database(), _broker()]
    if checks[0]["status"] == "pass":
        checks.append(_workers())
    is_down = any(check["status"] == "fail" for check in checks)
    is_degraded = any(check["status"] == "warn" for check in checks)
    status = "down" if is_down else "degraded" if is_degraded else "ok"
    return JsonResponse({"status": status, "checks": checks}, status=503 if is_down else 200)


def _database() -> dict[str, Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("health_database_failed", error=str(error))
        return {"name": "database", "status": "fail", "observed": "does not answer"}
    return {"name": "database", "status": "pass", "observed": "answers"}


def _broker() -> dict[str, Any]:
    try:
        with current_app.connection_for_read() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (OperationalError, OSError) as error:
        log.warning("health_broker_failed", error=str(error))
        return {"name": "broker", "status": "fail", "observed": "does not answer"}
    return {"name": "broker", "status": "pass", "observed": "answers"}


def _workers() -> dict[str, Any]:
    missing = sorted(set(QUEUES) - live_queues())
    observed = f"no live worker on {', '.join(missing)}" if missing else "every queue has a live worker"
    return {"name": "workers", "status": "warn" if missing else "pass", "observed": observed}
