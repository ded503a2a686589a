"""What beat asks the fleet to do; plain Celery tasks, since the ledger's own upkeep cannot be jobs of the ledger."""

from celery import shared_task

from fleet.services import maintenance


@shared_task(name="fleet.rescue_jobs")
def rescue_jobs() -> None:
    maintenance.jobs_rescue()


@shared_task(name="fleet.republish_jobs")
def republish_jobs() -> None:
    maintenance.jobs_republish()


@shared_task(name="fleet.sweep_jobs")
def sweep_jobs() -> None:
    maintenance.jobs_sweep()
