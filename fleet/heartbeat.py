"""The worker's heartbeat: a thread of its main process, from ready to shutdown."""

import threading
from typing import Any

import structlog
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from fleet.services.workers import worker_beat, worker_stop
from metabuilder.kernel.clock import now

log = structlog.get_logger(__name__)
_stopping = threading.Event()


def start_heartbeat(sender: Any, **_: Any) -> None:
    """`sender` is the consumer that became ready."""
    name = str(sender.hostname)
    queues = [queue.name for queue in sender.task_consumer.queues]
    concurrency = int(getattr(sender.pool, "num_processes", 0) or getattr(sender.pool, "limit", 0) or 0)
    thread = threading.Thread(target=_beat, args=(name, queues, concurrency), name="worker-heartbeat", daemon=True)
    thread.start()


def _beat(name: str, queues: list[str], concurrency: int) -> None:
    started_at = now()
    while True:
        close_old_connections()
        try:
            worker_beat(name=name, queues=queues, concurrency=concurrency, version=settings.VERSION, started_at=started_at)
        except DatabaseError as error:
            log.warning("heartbeat_not_written", error=str(error))
        if _stopping.wait(settings.FLEET_HEARTBEAT_SECONDS):
            worker_stop(name=name)
            return


def stop_heartbeat(**_: Any) -> None:
    _stopping.set()


def connect() -> None:
    worker_ready.connect(start_heartbeat, weak=False, dispatch_uid="fleet-heartbeat")
    worker_shutting_down.connect(stop_heartbeat, weak=False, dispatch_uid="fleet-heartbeat-stop")
