"""Ring the doorbell of a job: a message with its id and epoch, no more."""

import structlog
from celery import current_app
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from fleet.models import Job

log = structlog.get_logger(__name__)

# A broker that is away must not hold up whoever commits: the row is safe and beat rings again.
_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2}


def job_publish(*, job_id: int, epoch: int, task: str, queue: str, priority: int) -> bool:
    """Send one message; False, and a log line, when the broker does not take it."""
    try:
        current_app.send_task(
            task, args=[job_id, epoch], queue=queue, priority=priority, retry=True, retry_policy=_POLICY, ignore_result=True
        )
    except (OperationalError, OSError) as error:
        log.warning("job_not_published", job_id=job_id, task=task, error=str(error))
        return False
    Job.objects.filter(pk=job_id).update(published_at=Now())
    return True
