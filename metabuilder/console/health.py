"""GET /health: open and shallow."""

from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import OperationalError

from fleet.selectors import live_workers
from metabuilder.kernel.clock import now
from metabuilder.settings.limits import QUEUES

log = structlog.get_logger(__name__)
BROKER_SECONDS = 2
DOWN = "does not answer"


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 while the platform can take work, else 503; `degraded` while a queue has no live worker to do it.

    `queues` counts live workers; null: the database, which knows them, is away.
    """
    database, workers = _database()
    checks = [database, _broker(), *([] if workers is None else [_workers(workers)])]
    is_down = any(check["status"] == "fail" for check in checks)
    is_degraded = any(check["status"] != "pass" for check in checks)
    document = {
        "status": "down" if is_down else "degraded" if is_degraded else "ok",
        "degraded": is_degraded,
        "checks": checks,
        "queues": workers,
        "version": settings.VERSION,
        "generated_at": now(),
    }
    return JsonResponse(document, status=503 if is_down else 200, headers={"Cache-Control": "no-store"})


def _database() -> tuple[dict[str, Any], dict[str, int] | None]:
    """The check, and the live workers by queue that it read on the way."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        queues = [queue for worker in live_workers() for queue in worker.queues]
    except (DatabaseError, InterfaceError) as error:
        log.warning("health_database_failed", error=str(error))
        return {"name": "database", "status": "fail", "observed": DOWN}, None
    return {"name": "database", "status": "pass", "observed": "answers"}, {name: queues.count(name) for name in QUEUES}


def _broker() -> dict[str, Any]:
    options = {"socket_connect_timeout": BROKER_SECONDS, "socket_timeout": BROKER_SECONDS}
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=BROKER_SECONDS, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
    except (OperationalError, OSError) as error:
        log.warning("health_broker_failed", error=str(error))
        return {"name": "broker", "status": "fail", "observed": DOWN}
    return {"name": "broker", "status": "pass", "observed": "answers"}


def _workers(workers: dict[str, int]) -> dict[str, Any]:
    missing = [name for name, count in workers.items() if not count]
    observed = f"no live worker on {', '.join(missing)}" if missing else "every queue has a live worker"
    return {"name": "workers", "status": "warn" if missing else "pass", "observed": observed}
