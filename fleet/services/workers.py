"""Heartbeats of the workers, in the database."""

import os
import socket
from datetime import datetime

from fleet.models import Worker
from metabuilder.kernel.clock import now


def worker_beat(*, name: str, queues: list[str], concurrency: int, version: str, started_at: datetime) -> None:
    """Say that a worker is alive."""
    values = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "queues": sorted(queues),
        "concurrency": concurrency,
        "version": version,
        "started_at": started_at,
        "heartbeat_at": now(),
        "stopped_at": None,
    }
    Worker.objects.update_or_create(name=name, defaults=values)


def worker_stop(*, name: str) -> None:
    Worker.objects.filter(name=name).update(stopped_at=now())
