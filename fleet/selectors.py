"""What the fleet looks like now."""

from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now

from fleet.models import Breaker, Job, Queue, Worker
from metabuilder.kernel.clock import now

STALE_AFTER = timedelta(minutes=5)  # the runbook's own threshold
LIVE_WITHIN = timedelta(seconds=30)


def queue_accepts(name: str) -> bool:
    return not Queue.objects.filter(name=name, is_draining=True).exists()


def queue_is_paused(name: str) -> bool:
    return Queue.objects.filter(name=name, is_paused=True).exists()


def queue_depths() -> dict[str, dict[str, int]]:
    """Jobs that have not ended, by queue and state."""
    depths: dict[str, dict[str, int]] = {}
    for row in Job.objects.filter(state__in=Job.ACTIVE).values("queue", "state").annotate(count=Count("id")):
        depths.setdefault(row["queue"], {})[row["state"]] = row["count"]
    return depths


def live_workers() -> QuerySet[Worker]:
    return Worker.objects.filter(stopped_at=None, heartbeat_at__gt=now() - LIVE_WITHIN)


def live_queues() -> set[str]:
    """Queues that some live worker reads."""
    return {queue for worker in live_workers() for queue in worker.queues}


def stale_workers() -> QuerySet[Worker]:
    return Worker.objects.filter(stopped_at=None, heartbeat_at__lte=now() - STALE_AFTER)


def open_breakers(tenant_id: str) -> set[str]:
    """Failure classes that may not be tried now, for a tenant; a breaker whose probe may be taken is not among them."""
    shut = Q(state=Breaker.State.FORCED_OPEN) | Q(state=Breaker.State.OPEN, cooldown_until__gt=Now())
    shut |= Q(state=Breaker.State.HALF_OPEN, probe_until__gt=Now())
    return set(Breaker.objects.filter(shut, tenant_id=tenant_id).values_list("failure_class", flat=True))
