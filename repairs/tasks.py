"""The jobs of a run; each name is what Celery registers and what the ledger stores."""

from fleet.runner import JobContext, job_task
from repairs.services import attempting, checking, preparing, verifying


@job_task("repairs.prepare_run")
def prepare_run(context: JobContext) -> None:
    preparing.prepare_run(context)


@job_task("repairs.prepare_round")
def prepare_round(context: JobContext) -> None:
    preparing.prepare_round(context)


@job_task("repairs.run_check")
def run_check(context: JobContext) -> None:
    checking.run_check(context)


@job_task("repairs.attempt_run")
def attempt_run(context: JobContext) -> None:
    attempting.attempt_run(context)


@job_task("repairs.verify_attempt")
def verify_attempt(context: JobContext) -> None:
    verifying.attempt_verify(context)
