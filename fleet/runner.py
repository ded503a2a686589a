"""The envelope round every job: claim, lease, middleware, settle."""

import os
import socket
import time
import traceback
from collections.abc import Callable
from typing import Any

import structlog
from celery import current_task, shared_task
from django.conf import settings

from fleet.middleware import compose
from fleet.renewal import keeper
from fleet.selectors import queue_is_paused
from fleet.services.jobs import Lease, job_claim, job_claim_next, job_complete, job_fail, job_note_superseded
from metabuilder.kernel.errors import LeaseLost

log = structlog.get_logger(__name__)

# A message is only a doorbell: who answers it may take more of what waits, so that a queue empties faster than messages travel.
MAX_JOBS_A_MESSAGE = 20
MAX_SECONDS_A_MESSAGE = 5.0

JobFunction = Callable[["JobContext"], None]
_functions: dict[str, JobFunction] = {}


class JobContext:
    """What a job's function gets: ids, and the right to settle."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.payload = lease.payload
        self.tenant_id = lease.tenant_id
        self.run_id = lease.run_id
        self.is_settled = False

    def settle(self) -> None:
        """Complete the job in the caller's transaction: its effects and its end are one. Raises LeaseLost, which undoes both."""
        job_complete(self.lease)
        self.is_settled = True

    def is_lost(self) -> bool:
        """Was the job given to somebody else? Long work asks, and stops."""
        return keeper.is_lost(self.lease)


def job_task(name: str) -> Callable[[JobFunction], Any]:
    """Make a function the task `name`, for Celery and for the ledger."""

    def register(function: JobFunction) -> Any:
        _functions[name] = function
        return shared_task(name=name, ignore_result=True)(perform)

    return register


def registered_tasks() -> list[str]:
    return sorted(_functions)


def perform(job_id: int, epoch: int) -> None:
    """Answer one doorbell: the job it rang for, if it is still there, and then more of the same queue."""
    worker = worker_name()
    deadline = time.monotonic() + MAX_SECONDS_A_MESSAGE
    lease = job_claim(job_id=job_id, epoch=epoch, worker=worker)
    if lease is None:
        return
    for _ in range(MAX_JOBS_A_MESSAGE):
        job_run(lease)
        if time.monotonic() > deadline or queue_is_paused(lease.queue):
            return
        lease = job_claim_next(queue=lease.queue, tasks=registered_tasks(), worker=worker)
        if lease is None:
            return


def job_run(lease: Lease) -> None:
    """Run a claimed job to its end: completed, failed, or superseded."""
    with structlog.contextvars.bound_contextvars(job_id=lease.job_id, run_id=lease.run_id, task=lease.task), keeper.hold(lease):
        started = time.monotonic()
        try:
            compose(_call, settings.JOB_MIDDLEWARE)(lease)
        except LeaseLost:
            job_note_superseded(lease)
        except Exception as error:  # whatever a job raises is told to the ledger, which decides
            _failed(lease, error)
        else:
            log.debug("job_finished", duration_seconds=round(time.monotonic() - started, 3))


def _call(lease: Lease) -> None:
    context = JobContext(lease)
    _functions[lease.task](context)
    if not context.is_settled:
        context.settle()


def _failed(lease: Lease, error: Exception) -> None:
    log.exception("job_failed", error=str(error))
    try:
        job_fail(lease, error="".join(traceback.format_exception(error)))
    except LeaseLost:
        job_note_superseded(lease)


def worker_name() -> str:
    """The Celery worker's name with the process that runs the job; a plain process has its host and pid."""
    node = getattr(getattr(current_task, "request", None), "hostname", None) or socket.gethostname()
    return f"{node}/{os.getpid()}"
