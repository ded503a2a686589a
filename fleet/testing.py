"""Run waiting jobs in this process: the fake that ships with the fleet."""

from fleet.models import Job
from fleet.runner import job_run, registered_tasks
from fleet.services.jobs import job_claim_next


def jobs_run_all(*, limit: int = 1000) -> int:
    """Run what is available, queue by queue, until nothing is; returns how many. Raises RuntimeError past `limit`."""
    done = 0
    while queues := list(Job.objects.filter(state=Job.State.AVAILABLE).values_list("queue", flat=True).distinct()):
        for queue in queues:
            while lease := job_claim_next(queue=queue, tasks=registered_tasks(), worker="in-process"):
                job_run(lease)
                done += 1
                if done > limit:
                    raise RuntimeError(f"more than {limit} jobs ran; they seem to make each other")
    return done
