"""The job ledger: every move of a job is one conditional update on the database's clock."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from fleet.backoff import retry_in
from fleet.models import Job
from fleet.services.publishing import job_publish
from metabuilder.kernel.clock import now
from metabuilder.kernel.errors import LeaseLost

log = structlog.get_logger(__name__)

PRIORITIES = {"high": Job.Priority.HIGH, "normal": Job.Priority.NORMAL, "low": Job.Priority.LOW}
FREE = {"leased_until": None, "worker_name": ""}

# Told when a job is discarded, by task name; called inside the transaction that discards it.
_discard_listeners: dict[str, Callable[[Job], None]] = {}


@dataclass(frozen=True)
class Lease:
    """The right to settle one job: lost when somebody raised the epoch."""

    job_id: int
    epoch: int
    task: str
    queue: str
    payload: dict[str, Any]
    tenant_id: str
    run_id: str
    deliveries: int


def job_on_discarded(task: str, listener: Callable[[Job], None]) -> None:
    """Have `listener` told when a job of `task` is given up, in the same transaction."""
    _discard_listeners[task] = listener


@transaction.atomic
def job_enqueue(
    *,
    task: str,
    queue: str,
    payload: dict[str, Any],
    tenant_id: str = "",
    run_id: str = "",
    priority: str = "normal",
    available_at: datetime | None = None,
    unique_key: str | None = None,
) -> Job:
    """Write a job in the caller's transaction; its message goes out after the commit.

    An active job with the same `unique_key` is returned as it is.
    """
    at = now()
    values = {
        "task": task,
        "queue": queue,
        "priority": PRIORITIES[priority],
        "payload": payload,
        "tenant_id": tenant_id,
        "run_id": run_id,
        "state": Job.State.SCHEDULED if available_at and available_at > at else Job.State.AVAILABLE,
        "available_at": available_at or at,
        "created_at": at,
    }
    if unique_key is None:
        job, is_new = Job.objects.create(**values), True
    else:
        job, is_new = Job.objects.filter(state__in=Job.ACTIVE).get_or_create(unique_key=unique_key, defaults=values)
    if is_new and job.state == Job.State.AVAILABLE:
        _ring_after_commit(job)
    return job


def _ring_after_commit(job: Job) -> None:
    # After commit: a worker may be faster than this transaction.
    transaction.on_commit(partial(job_publish, job_id=job.pk, epoch=job.epoch, task=job.task, queue=job.queue, priority=job.priority))


_RETURNING = "RETURNING id, epoch, task, queue, payload::text, tenant_id, run_id, deliveries"
_TAKE = """SET state = 'executing', deliveries = deliveries + 1, worker_name = %(worker)s, error = '',
    started_at = now(), leased_until = now() + %(lease)s::interval"""
_CLAIM = f"UPDATE fleet_job {_TAKE} WHERE id = %(id)s AND epoch = %(epoch)s AND state = 'available' {_RETURNING}"
_CLAIM_NEXT = f"""UPDATE fleet_job {_TAKE} WHERE id = (
    SELECT id FROM fleet_job WHERE state = 'available' AND queue = %(queue)s AND task = ANY(%(tasks)s)
    ORDER BY priority, id LIMIT 1 FOR UPDATE SKIP LOCKED) {_RETURNING}"""


def job_claim(*, job_id: int, epoch: int, worker: str) -> Lease | None:
    """Take one job; None when it was taken, moved or ended meanwhile: a second delivery finds nothing."""
    return _claim(_CLAIM, {"id": job_id, "epoch": epoch, "worker": worker})


def job_claim_next(*, queue: str, tasks: list[str], worker: str) -> Lease | None:
    """Take the best waiting job of a queue; None when there is none. Two at a time never get the same."""
    return _claim(_CLAIM_NEXT, {"queue": queue, "tasks": tasks, "worker": worker})


def _claim(sql: str, arguments: dict[str, Any]) -> Lease | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments | {"lease": lease_length()})
        row = cursor.fetchone()
    if row is None:
        return None
    job_id, epoch, task, queue, payload, tenant_id, run_id, deliveries = row
    return Lease(job_id, epoch, task, queue, json.loads(payload), tenant_id, run_id, deliveries)


def lease_length() -> str:
    """As PostgreSQL reads an interval."""
    return f"{settings.FLEET_LEASE_SECONDS} seconds"


def _held(lease: Lease) -> Any:
    return Job.objects.filter(pk=lease.job_id, epoch=lease.epoch, state=Job.State.EXECUTING)


def job_complete(lease: Lease) -> None:
    """Settle a job. Raises LeaseLost, so that the caller's transaction is undone, when the lease was taken away."""
    if not _held(lease).update(state=Job.State.COMPLETED, finished_at=Now(), leased_until=None):
        raise LeaseLost(f"Job {lease.job_id} epoch {lease.epoch} is not ours any more.")


@transaction.atomic
def job_fail(lease: Lease, *, error: str) -> None:
    """Count a failure: try again later, or discard. Raises LeaseLost."""
    job = _held(lease).select_for_update().first()
    if job is None:
        raise LeaseLost(f"Job {lease.job_id} epoch {lease.epoch} is not ours any more.")
    wait = retry_in(job.failures + 1)
    job.failures += 1
    job.error = error[-8000:].replace("\0", "")
    if wait is None:
        job_discard(job, reason=job.error)
        return
    job.state, job.available_at, job.leased_until, job.epoch = Job.State.RETRYABLE, now() + wait, None, job.epoch + 1
    job.save()


def job_discard(job: Job, *, reason: str) -> None:
    """Quarantine a job and tell its owner; in the caller's transaction, which holds the row."""
    job.state, job.leased_until, job.finished_at, job.error = Job.State.DISCARDED, None, now(), reason
    job.epoch += 1
    job.save()
    log.error("job_discarded", job_id=job.pk, task=job.task, run_id=job.run_id, reason=reason[-500:])
    listener = _discard_listeners.get(job.task)
    if listener:
        listener(job)


def job_release(lease: Lease) -> None:
    """Give a job back unharmed: its delivery does not count. A lost lease is left alone."""
    with transaction.atomic():
        released = _held(lease).update(state=Job.State.AVAILABLE, epoch=F("epoch") + 1, deliveries=F("deliveries") - 1, **FREE)
        if released:
            _ring_after_commit(Job.objects.get(pk=lease.job_id))


def job_note_superseded(lease: Lease) -> None:
    """A zombie answered late: remember it, settle nothing."""
    Job.objects.filter(pk=lease.job_id).update(superseded=F("superseded") + 1)
    log.warning("job_superseded", job_id=lease.job_id, epoch=lease.epoch, task=lease.task)


def leases_renew(leases: list[Lease]) -> set[int]:
    """Prolong the leases still held, in one statement; returns the ids of those that were lost."""
    if not leases:
        return set()
    pairs = [(lease.job_id, lease.epoch) for lease in leases]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fleet_job SET leased_until = now() + %(lease)s::interval "
            "WHERE state = 'executing' AND (id, epoch) IN %(pairs)s RETURNING id",
            {"lease": lease_length(), "pairs": tuple(pairs)},
        )
        kept = {row[0] for row in cursor.fetchall()}
    return {lease.job_id for lease in leases} - kept


def jobs_cancel(*, run_id: str) -> int:
    """Cancel every job of a run that has not ended; those in hand lose their lease. Returns how many."""
    return Job.objects.filter(run_id=run_id, state__in=Job.ACTIVE).update(
        state=Job.State.CANCELLED, epoch=F("epoch") + 1, finished_at=Now(), **FREE
    )
