"""What beat does for the ledger: rescue, re-publish, sweep."""

from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Now

from fleet.models import Job
from fleet.services.jobs import job_discard
from fleet.services.publishing import job_publish
from metabuilder.kernel.clock import now

log = structlog.get_logger(__name__)

MAX_DELIVERIES = 3
BATCH = 500
PRIORITY_SEPARATOR = "\x06\x16"


def jobs_rescue() -> int:
    """Take jobs back whose lease ran out: a higher epoch, and another try, or quarantine after three deliveries."""
    rescued = 0
    with transaction.atomic():
        late = Job.objects.select_for_update(skip_locked=True).filter(state=Job.State.EXECUTING, leased_until__lt=Now())[:BATCH]
        for job in late:
            rescued += 1
            log.warning("job_rescued", job_id=job.pk, task=job.task, worker=job.worker_name, deliveries=job.deliveries)
            if job.deliveries >= MAX_DELIVERIES:
                job_discard(job, reason=f"Delivered {job.deliveries} times and never finished; last by {job.worker_name}.")
                continue
            job.state, job.epoch, job.leased_until, job.published_at = Job.State.AVAILABLE, job.epoch + 1, None, None
            job.save()
            _publish_after_commit(job)
    return rescued


def jobs_republish() -> int:
    """Ring for what is due and for what the broker has lost; returns how many messages went out."""
    Job.objects.filter(state__in=Job.TIMED, available_at__lte=Now()).update(state=Job.State.AVAILABLE, published_at=None)
    waiting = Job.objects.filter(state=Job.State.AVAILABLE).values("queue").annotate(depth=Count("id"))
    return sum(_ring_again(row["queue"], missing=row["depth"] - broker_depth(row["queue"])) for row in waiting)


def _ring_again(queue: str, *, missing: int) -> int:
    """The jobs rung for longest ago first, or never; a message too many finds its job taken and is no harm."""
    if missing <= 0:
        return 0
    # A message on its way is in nobody's list: give the fresh ones a moment.
    fresh = now() - timedelta(seconds=settings.FLEET_REPUBLISH_AFTER_SECONDS)
    jobs = (
        Job.objects.filter(state=Job.State.AVAILABLE, queue=queue)
        .exclude(published_at__gt=fresh)
        .exclude(published_at=None, created_at__gt=fresh)
    )
    rung = 0
    for job in jobs.order_by("priority", "id")[: min(missing, BATCH)]:
        rung += job_publish(job_id=job.pk, epoch=job.epoch, task=job.task, queue=job.queue, priority=job.priority)
    return rung


def broker_depth(queue: str) -> int:
    """Messages the broker holds for a queue: every priority's list. An empty list does not exist and counts zero."""
    options: dict[str, Any] = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    steps: list[int] = options["priority_steps"]
    names = [queue if not step else f"{queue}{PRIORITY_SEPARATOR}{step}" for step in steps]
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        client = channel.client
        return sum(client.llen(name) for name in names)


def jobs_sweep(*, older_than: timedelta = timedelta(days=14)) -> int:
    """Remove jobs that ended long ago, a batch at a time."""
    old = Job.objects.filter(state__in=Job.TERMINAL, finished_at__lt=now() - older_than).values_list("pk", flat=True)[:BATCH]
    count, _ = Job.objects.filter(pk__in=list(old)).delete()
    return count


def _publish_after_commit(job: Job) -> None:
    transaction.on_commit(partial(job_publish, job_id=job.pk, epoch=job.epoch, task=job.task, queue=job.queue, priority=job.priority))
